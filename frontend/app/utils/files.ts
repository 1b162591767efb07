const units = ["bytes", "KB", "MB", "GB"];

/** 1536 → "1.5 KB" */
export function sizeWords(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

/** Bends any file's name to what the shop accepts: letters, digits, space and `._-`, no leading dot, 120 at most, its extension kept. */
export function acceptedFilename(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9 ._-]+/g, "-")
    .replace(/^[ .]+/, "");
  if (plain.length <= 120) return plain || "file";
  const dot = plain.lastIndexOf(".");
  const extension = dot > 0 && plain.length - dot <= 20 ? plain.slice(dot) : "";
  return plain.slice(0, 120 - extension.length) + extension;
}

/** The keys in a pasted text: one a line, trimmed, blank lines and repeats left out. */
export const keysIn = (text: string) => [...new Set(text.split(/\r?\n/).map((line) => line.trim()))].filter(Boolean);
