import { resolveInput } from "../../../src/corpus/files/resolve-files.ts"
import { labelCorpus } from "../../../src/corpus/label-corpus.ts"
import { readOptions } from "../../../src/corpus/options.ts"
import { openRows } from "../../../src/corpus/read/open-rows.ts"
import { completeOptions } from "../../../src/declaration.ts"
import { ValenceError } from "../../../src/errors.ts"
import type { Labeller } from "../../../src/labeller.ts"
import { createLexiconLabeller } from "../../../src/lexicon/lexicon-labeller.ts"
import { SeededRandom } from "../../chaos/seeded-random.ts"
import { TemporaryFolder } from "../temporary-folder.ts"
import { type Mutation, mutate } from "./mutations.ts"
import { type ValidFile, validFile } from "./valid-files.ts"

/** What a fuzz found. */
export interface Fuzz {
  readonly problems: readonly string[]
  /** Runs by how they ended. */
  readonly ends: Readonly<Record<"labelled" | "listed" | "refused", number>>
}

/** Which mutations are tried. */
export interface FuzzRequest {
  readonly mutations: number
  /** The number of the first: each follows from its number and the seed alone. */
  readonly first?: number
  readonly seed: number
  /** Of the mutations those alone whose file has this in its name. */
  readonly only?: string
  readonly onProblem?: (problem: string) => void
  readonly onMutation?: (at: number) => void
}

/** The longest that a run of a small file may take before it counts as one that hangs. */
const hangMs = 60_000

/**
 * Labels files that were changed, and looks whether each row is labelled, listed or counted as empty, or the run refused: nothing is
 * lost or changed in silence.
 */
export async function playFileFuzz(request: FuzzRequest): Promise<Fuzz> {
  const { mutations, first = 0, seed, only = "", onProblem = () => {}, onMutation = () => {} } = request
  const problems: string[] = []
  const ends = { labelled: 0, listed: 0, refused: 0 }
  using folder = new TemporaryFolder()
  await using lexicon = await createLexiconLabeller({ model: "afinn-111" })
  for (let at = first; at < first + mutations; at++) {
    onMutation(at)
    const random = new SeededRandom(seed * 1_000_003 + at)
    const file = await validFile(random)
    if (!file.name.includes(only)) continue
    const mutation = mutate(file, random)
    const report = (problem: string) => {
      const text = `mutation ${at} of seed ${seed}, ${file.name}, ${mutation.what}: ${problem}`
      problems.push(text)
      onProblem(text)
    }
    const end = await inTime(labelMutation(folder, file, mutation, lexicon, report)).catch((error: unknown) => {
      report(error instanceof Error ? (error.stack ?? error.message) : String(error))
      return undefined
    })
    if (end !== undefined) ends[end]++
  }
  return { problems, ends }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("hangs")), hangMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function labelMutation(
  folder: TemporaryFolder,
  file: ValidFile,
  { bytes, encoding = "utf-8", isSameText }: Mutation,
  lexicon: Labeller,
  report: (problem: string) => void,
): Promise<keyof Fuzz["ends"]> {
  const input = folder.write(file.name, bytes)
  const texts: string[] = []
  const labeller: Labeller = {
    model: lexicon.model,
    label(given, options) {
      texts.push(...given)
      return lexicon.label(given, options)
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
  try {
    const run = { input, output: folder.at("out.csv"), labeller, options: { force: true, encoding } }
    const { rows, labelled, failed, empty } = await labelCorpus(run)
    if (rows !== labelled + failed + empty) report(`${rows} rows, of which ${labelled} + ${failed} + ${empty}`)
    if (texts.length !== labelled) report(`${texts.length} texts were labelled, and ${labelled} rows have a label`)
    const packed = /\.(gz|zst)$/.test(file.name)
    if (packed && file.plain !== undefined) requireWhole(texts, file, report)
    else if (isSameText && file.plain !== undefined) requireTexts(texts, rows, encoding, file, report)
    else if (file.plain !== undefined) await requireEveryByte(input, bytes, report)
    else requireParquet(texts, rows, bytes, file, report)
    return failed > 0 ? "listed" : "labelled"
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    if (!["input_invalid", "option_invalid"].includes(error.code)) throw error
    if (isSameText && encoding !== "utf-8") report(`refused: ${error.message}`)
    return "refused"
  }
}

/** A compressed file that is read to its end has the texts that were compressed, all of them, once or twice. */
function requireWhole(texts: readonly string[], file: ValidFile, report: (problem: string) => void): void {
  const [got, once] = [JSON.stringify(texts), file.texts]
  if (got === JSON.stringify(once)) return
  // The header of the second of two files is a row of it.
  const header = /\.(csv|tsv)\./.test(file.name) ? ["text"] : []
  if (got === JSON.stringify([...once, ...header, ...once])) return
  report(`${texts.length} texts of ${once.length}, which differ`)
}

/** A Parquet file that is read has its rows, and its texts unless bytes of them changed that have no checksum. */
function requireParquet(
  texts: readonly string[],
  rows: number,
  bytes: Buffer,
  file: ValidFile,
  report: (problem: string) => void,
): void {
  if (rows !== file.texts.length) report(`${rows} rows of ${file.texts.length}`)
  const isUnchecked = changedPlaces(file.bytes, bytes).some(at =>
    file.unchecked.some(({ from, to }) => at >= from && at < to),
  )
  const known = file.texts.filter(text => text.trim() !== "")
  if (!isUnchecked && JSON.stringify(texts) !== JSON.stringify(known)) report("texts differ")
}

/** Where a file differs; the first place alone if the others moved. */
function changedPlaces(before: Buffer, after: Buffer): number[] {
  const places: number[] = []
  for (let at = 0; at < before.length; at++) if (before[at] !== after[at]) places.push(at)
  return before.length === after.length ? places : places.slice(0, 1)
}

/** Of a file in another encoding each row is there, with its text or without a label. */
function requireTexts(
  texts: readonly string[],
  rows: number,
  encoding: string,
  file: ValidFile,
  report: (problem: string) => void,
): void {
  if (rows !== file.texts.length) report(`${rows} rows of ${file.texts.length}`)
  if (encoding !== "utf-8" && JSON.stringify(texts) !== JSON.stringify(file.texts)) report("texts differ")
  const known = new Set(file.texts)
  for (const text of texts) if (!known.has(text)) report(`a text that the file does not have: ${JSON.stringify(text)}`)
}

/** In a plain file there is nothing but line ends between one row and the next. */
async function requireEveryByte(path: string, bytes: Buffer, report: (problem: string) => void): Promise<void> {
  const rows = await openRows(resolveInput(path, undefined), completeOptions(readOptions, {}), process.stdin)
  try {
    let end = rows.start.bytes
    const requireBlank = (from: number, to: number) => {
      const left = bytes.subarray(from, to).toString("latin1")
      if (from > to || /[^\r\n]/.test(left)) report(`bytes ${from} to ${to} are of no row: ${JSON.stringify(left)}`)
    }
    for await (const batch of rows.rows())
      for (const row of batch) {
        requireBlank(end, row.end - row.bytes)
        end = row.end
      }
    requireBlank(end, bytes.length)
  } finally {
    await rows.close()
  }
}
