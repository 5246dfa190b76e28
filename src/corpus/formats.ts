import type { inputFormats, outputFormats } from "./options.ts"

export type InputFormat = (typeof inputFormats)[number]

export type OutputFormat = (typeof outputFormats)[number]

/** How a file of lines is compressed, if it is; Parquet compresses its own pages. */
export type Compression = "gzip" | "zstd" | undefined

/** How an input is packed, if it is: a ZIP archive holds one file. */
export type Packing = Compression | "zip"

/** Stands for standard input or standard output if a path is expected. */
export const standardStream = "-"

const formatByExtension: Readonly<Record<string, InputFormat>> = {
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  jsonl: "jsonl",
  ndjson: "jsonl",
  json: "jsonl",
  txt: "text",
  text: "text",
  parquet: "parquet",
}

const packingByExtension: Readonly<Record<string, Packing>> = { gz: "gzip", zst: "zstd", zip: "zip" }

/** What a compressed file ends in. */
export const extensionOf = { gzip: ".gz", zstd: ".zst", zip: ".zip" } as const

/** Where the corpus is and how it is read. */
export interface InputFile {
  /** Absolute, or `-`. */
  readonly path: string
  readonly format: InputFormat
  readonly compression: Packing
}

/** Where the output goes, and what is next to it. */
export interface OutputFiles {
  /** Absolute, or `-`. */
  readonly path: string
  readonly format: OutputFormat
  readonly compression: Compression
  /** Where rows go while the run is not done: to the output itself, or, since Parquet ends in what it holds, to `<output>.rows`. */
  readonly rows: string
  /** The rows without a label: `<output>.errors.jsonl`. */
  readonly errors: string
  /** `<output>.manifest.json`. */
  readonly manifest: string
  /** `<output>.lock`; if the output is a symbolic link, next to the file that it leads to, which other links may lead to as well. */
  readonly lock: string
  /** `<output>.lock` next to the link, if the folder of that file cannot be written to. */
  readonly nearLock: string
}

export interface Named {
  readonly stem: string
  readonly format: InputFormat | undefined
  readonly compression: Packing
}

/** `reviews.csv.gz` → stem `reviews`, format `csv`, compression `gzip`. */
export function readName(path: string): Named {
  const packed = /\.(gz|zst|zip)$/i.exec(path)?.[1]
  const compression = packed === undefined ? undefined : packingByExtension[packed.toLowerCase()]
  const plain = packed === undefined ? path : path.slice(0, -packed.length - 1)
  const extension = /\.([^./\\]+)$/.exec(plain)?.[1]
  const format = extension === undefined ? undefined : formatByExtension[extension.toLowerCase()]
  return { stem: format === undefined ? plain : plain.slice(0, -(extension?.length ?? 0) - 1), format, compression }
}

/** The format that a file's name shows; `undefined` if it shows none. */
export function formatOfName(path: string): InputFormat | undefined {
  return readName(path).format
}
