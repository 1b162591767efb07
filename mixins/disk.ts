import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the names in a folder survive a power cut: a file that was made, renamed or removed. Windows cannot, and need not. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

/** Makes the content of a file survive a power cut, whoever wrote it. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r+");
  await handle.sync().finally(() => handle.close());
}

/** Replaces the content of a file, or makes it; a crash at any moment leaves the old or the new one, whole. */
export async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = `${file}~`;
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncFolder(dirname(file));
}
