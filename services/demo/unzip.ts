import { crc32, inflateRawSync } from "node:zlib";

/** For specs: reads an archive by its directory, as any program would, and holds every entry to its checksum. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf("PK\x05\x06");
  const entries = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.toString("latin1", at, at + 4) !== "PK\x01\x02") throw new Error(`no directory entry at ${at}`);
    const [packed, size] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24)];
    const [name, extra, comment] = [28, 30, 32].map((field) => archive.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const path = archive.toString("utf8", at + 46, at + 46 + name);
    const file = archive.readUInt32LE(at + 42);
    if (archive.toString("utf8", file + 30, file + 30 + archive.readUInt16LE(file + 26)) !== path)
      throw new Error(`another name before the data of ${path}`);
    const start = file + 30 + archive.readUInt16LE(file + 26) + archive.readUInt16LE(file + 28);
    const raw = archive.subarray(start, start + packed);
    const data = archive.readUInt16LE(at + 10) === 8 ? inflateRawSync(raw) : raw;
    if (data.length !== size || crc32(data) !== archive.readUInt32LE(at + 16)) throw new Error(`${path} is damaged`);
    entries.set(path, data);
    at += 46 + name + extra + comment;
  }
  if (at !== end) throw new Error("the directory does not reach its end");
  return entries;
}
