import { isGzip } from "./gunzip.ts"
import { isZip } from "./unzip.ts"
import { isZstd } from "./unzstd.ts"

/** What a file holds, by its first bytes. */
export interface Contents {
  /** As errors name it, with its article. */
  readonly name: string
  /** What a reader unpacks, or reads as a format of its own. */
  readonly kind: "gzip" | "zstd" | "zip" | "parquet" | "other"
  /** What to do with a file that cannot be read. */
  fix(path: string, format: string): string
}

/** Standard input has no name that a command could be given. */
const nameIn = (path: string) => (path === "-" ? "FILE" : path)

const pipe = (command: string) => (path: string, format: string) =>
  `pipe it in: ${command} ${nameIn(path)} | valence label - --format ${format}`
const saveAsCsv = () => "save it as CSV (UTF-8)"

/** First bytes, if they are in the file, and what they mean. */
const magics: readonly (Omit<Contents, "kind"> & { readonly magic: string; readonly at?: number })[] = [
  { magic: "BZh", name: "a bzip2 file", fix: pipe("bzip2 -dc") },
  { magic: "\xfd7zXZ\0", name: "an xz file", fix: pipe("xz -dc") },
  { magic: "\x04\x22\x4d\x18", name: "an LZ4 file", fix: pipe("lz4 -dc") },
  { magic: "LZIP\x01", name: "an lzip file", fix: pipe("lzip -dc") },
  { magic: "\x1f\x9d", name: "a file of compress", fix: pipe("uncompress -c") },
  { magic: "\xff\x06\0\0sNaPpY", name: "a Snappy file", fix: () => "unpack it first" },
  { magic: "7z\xbc\xaf\x27\x1c", name: "a 7-Zip archive", fix: pipe("7z x -so") },
  { magic: "Rar!\x1a\x07", name: "a RAR archive", fix: pipe("unrar p -inul") },
  { magic: "PK\x05\x06", name: "an empty ZIP archive", fix: () => "make it again" },
  { magic: "ustar", at: 257, name: "a tar archive", fix: pipe("tar -xOf") },
  { magic: "%PDF-", name: "a PDF document", fix: () => "export its table as CSV" },
  { magic: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", name: "an old Excel or Word file", fix: saveAsCsv },
  { magic: "{\\rtf", name: "an RTF document", fix: () => "save it as plain text" },
  { magic: "ARROW1\0\0", name: "an Arrow file", fix: () => "save it as Parquet" },
  { magic: "FEA1", name: "a Feather file", fix: () => "save it as Parquet" },
  { magic: "Obj\x01", name: "an Avro file", fix: () => "save it as Parquet or JSON Lines" },
  { magic: "ORC\x08", name: "an ORC file", fix: () => "save it as Parquet" },
  { magic: "ORC\n", name: "an ORC file", fix: () => "save it as Parquet" },
  { magic: "SQLite format 3\0", name: "an SQLite database", fix: () => "export its table as CSV" },
  { magic: "\x89HDF\r\n\x1a\n", name: "an HDF5 file", fix: () => "save it as CSV or Parquet" },
  { magic: "\x93NUMPY", name: "a NumPy array", fix: () => "save it as CSV or Parquet" },
  { magic: "\x89PNG\r\n\x1a\n", name: "an image", fix: () => "give a file of texts" },
  { magic: "\xff\xd8\xff", name: "an image", fix: () => "give a file of texts" },
  { magic: "GIF8", name: "an image", fix: () => "give a file of texts" },
  { magic: "\x7fELF", name: "a program", fix: () => "give a file of texts" },
]

/** Bytes that are enough to tell contents by. */
export const contentsBytes = 512

/** What begins with these bytes; `undefined` if it may be text. */
export function contentsOf(first: Buffer): Contents | undefined {
  if (isGzip(first)) return { kind: "gzip", name: "a gzip file", fix: pipe("gzip -dc") }
  if (isZstd(first)) return { kind: "zstd", name: "a Zstandard file", fix: pipe("zstd -dc") }
  if (isZip(first)) return { kind: "zip", name: "a ZIP archive", fix: pipe("unzip -p") }
  if (first.subarray(0, 4).toString("latin1") === "PAR1")
    return { kind: "parquet", name: "a Parquet file", fix: () => "give --format parquet" }
  const found = magics.find(({ magic, at = 0 }) => {
    return first.subarray(at, at + magic.length).toString("latin1") === magic
  })
  return found && { ...found, kind: "other" }
}
