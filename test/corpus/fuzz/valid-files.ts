import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { constants, gzipSync } from "node:zlib"
import { stringify } from "csv-stringify/sync"
import { resolveInput } from "../../../src/corpus/files/resolve-files.ts"
import { readOptions } from "../../../src/corpus/options.ts"
import { openRows } from "../../../src/corpus/read/open-rows.ts"
import { completeOptions } from "../../../src/declaration.ts"
import type { SeededRandom } from "../../chaos/seeded-random.ts"
import { zstdFrame } from "../decoders/decoded.ts"
import { type Extent, pageBodies } from "./page-bodies.ts"

/** A valid file, and the texts that are in it. */
export interface ValidFile {
  /** Its extensions tell how it is read. */
  readonly name: string
  readonly bytes: Buffer
  /** Its text before it was compressed; `undefined` for Parquet. */
  readonly plain: string | undefined
  readonly texts: readonly string[]
  /** Where its members or frames end: cut off there it is valid. */
  readonly ends: readonly number[]
  /** Bytes of its texts that have no checksum: another text there cannot be noticed, only another number of them. */
  readonly unchecked: readonly Extent[]
}

const words = [
  "good",
  "bad",
  "awful film",
  "love, it",
  'a "great" day',
  "so so",
  "café",
  "良い",
  "two\nlines",
  "x".repeat(90),
  "naïve",
]

/** Kinds of files: a format, and how it is compressed. */
const kinds = ["csv", "tsv", "jsonl", "txt"].flatMap(format =>
  ["", ".gz", ".zst"].map(packed => [format, packed] as const),
)

const parquetFolder = "test/corpus/parquet/files"
const parquetFiles = [
  "pandas-gzip.parquet",
  "pyarrow-snappy.parquet",
  "duckdb-zstd.parquet",
  "duckdb-none.parquet",
  "pyarrow-zstd-v2.parquet",
]

/** A file of any kind. */
export async function validFile(random: SeededRandom): Promise<ValidFile> {
  if (random.below(8) === 0) {
    const path = join(parquetFolder, random.pick(parquetFiles))
    const [bytes, { column, texts }] = [readFileSync(path), await parquetTexts(path)]
    // Each page of gzip has a checksum.
    const unchecked = path.includes("gzip") ? [] : pageBodies(bytes, column)
    return { name: basename(path), bytes, plain: undefined, texts, ends: [], unchecked }
  }
  const [format, packed] = random.pick(kinds)
  const rows = 1 + random.below(random.below(10) === 0 ? 3000 : 40)
  const isLine = format === "txt" || format === "tsv"
  const texts = Array.from({ length: rows }, (_, row) => {
    const text = `${random.pick(words)} ${random.pick(words)} ${row}`
    return isLine ? text.replaceAll("\n", " ") : text
  })
  const plain = plainOf(format, texts, random.below(3) === 0 ? "\r\n" : "\n")
  const parts = await pack(plain, packed, random)
  const ends = parts.map((_, at) => Buffer.concat(parts.slice(0, at + 1)).length)
  return { name: `in.${format}${packed}`, bytes: Buffer.concat(parts), plain, texts, ends, unchecked: [] }
}

/** The column of its texts, and these; of a row without one the empty text. */
async function parquetTexts(path: string): Promise<{ readonly column: string; readonly texts: readonly string[] }> {
  const rows = await openRows(resolveInput(path, undefined), completeOptions(readOptions, {}), process.stdin)
  try {
    const texts: string[] = []
    for await (const batch of rows.rows()) texts.push(...batch.map(row => (row.problem === undefined ? row.text : "")))
    return { column: rows.column, texts }
  } finally {
    await rows.close()
  }
}

function plainOf(format: string, texts: readonly string[], end: string): string {
  if (format === "txt") return texts.map(text => `${text}${end}`).join("")
  if (format === "jsonl") return texts.map((text, id) => `${JSON.stringify({ id, text })}${end}`).join("")
  const rows = [["id", "text"], ...texts.map((text, id) => [`${id}`, text])]
  return stringify(rows, { delimiter: format === "tsv" ? "\t" : ",", record_delimiter: end, quoted: true })
}

/** Compressed, in one or more members or frames, which all have checksums. */
async function pack(plain: string, packed: string, random: SeededRandom): Promise<Buffer[]> {
  if (packed === "") return [Buffer.from(plain)]
  const cut = random.below(2) === 0 ? plain.length : random.below(plain.length)
  const parts = [plain.slice(0, cut).toWellFormed(), plain.slice(cut).toWellFormed()].filter(part => part !== "")
  const whole = parts.join("") === plain ? parts : [plain]
  const level = random.pick([constants.Z_NO_COMPRESSION, constants.Z_BEST_SPEED, constants.Z_DEFAULT_COMPRESSION])
  if (packed === ".gz") return whole.map(part => gzipSync(part, { level }))
  return Promise.all(whole.map(zstdFrame))
}
