import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { shown, ValenceError } from "../errors.ts"
import { Lexicon, maxPhraseWords } from "./lexicon.ts"
import { normaliseText, splitWords } from "./split-words.ts"

/** The contents of a lexicon file. */
export interface StoredLexicon {
  readonly lexicon: Lexicon
  /** First 12 hex digits of the file's SHA-256. */
  readonly revision: string
}

/** Bounds the valences, so that no sum of them overflows. */
const maxValence = 1_000_000
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/**
 * Reads a lexicon file: UTF-8, one entry a line, `word or phrase<TAB>valence`; empty lines and lines that begin with `#`
 * are skipped.
 *
 * @throws ValenceError `model_not_found` if there is no such file, `lexicon_invalid` naming file, line and rule
 */
export async function readLexicon(path: string): Promise<StoredLexicon> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === "ENOENT" || cause.code === "ENOTDIR"
    throw missing
      ? new ValenceError("model_not_found", `lexicon must be a file; there is none at ${path}`, { cause })
      : new ValenceError("lexicon_invalid", `${path}: must be a file that can be read; ${cause.message}`, { cause })
  })
  return { lexicon: parseLexicon(bytes, path), revision: createHash("sha256").update(bytes).digest("hex").slice(0, 12) }
}

/**
 * The lexicon that a file's bytes are.
 *
 * @param path - what errors call the file
 * @throws ValenceError `lexicon_invalid`, naming file, line and rule
 */
export function parseLexicon(bytes: Uint8Array, path: string): Lexicon {
  const lexicon = new Lexicon()
  const lineByEntry = new Map<string, number>()
  for (const [index, line] of decodeLines(bytes, path).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue
    const where = `${path}:${index + 1}`
    const { words, valence } = parseEntry(line, where)
    const entry = words.join(" ")
    if (!lexicon.add(words, valence))
      throw invalid(where, `must have each entry once; ${shown(entry)} is on line ${lineByEntry.get(entry)} already`)
    lineByEntry.set(entry, index + 1)
  }
  if (lexicon.size === 0) throw invalid(path, "must have at least one entry; got none")
  lexicon.addContractions()
  return lexicon
}

function parseEntry(line: string, where: string): { words: readonly string[]; valence: number } {
  const fields = line.split("\t").map(field => field.trim())
  const [entry, number] = fields
  if (entry === undefined || number === undefined || fields.length !== 2)
    throw invalid(where, `must be a word or phrase, one tab and a valence; got ${shown(line)}`)
  const { words } = splitWords(entry)
  if (words.length === 0 || words.join(" ") !== normaliseText(entry).replace(/\s+/g, " "))
    throw invalid(
      where,
      "entry must be words of letters and digits, with single apostrophes or hyphens inside, or emoji, " +
        `parted by spaces; got ${shown(entry)}`,
    )
  if (words.length > maxPhraseWords)
    throw invalid(where, `entry must have at most ${maxPhraseWords} words; got ${words.length}`)
  if (!decimal.test(number)) throw invalid(where, `valence must be a decimal number; got ${shown(number)}`)
  const valence = Number(number)
  if (!(Math.abs(valence) <= maxValence))
    throw invalid(where, `valence must be from -${maxValence} to ${maxValence}; got ${shown(number)}`)
  return { words, valence }
}

function decodeLines(bytes: Uint8Array, path: string): string[] {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  try {
    return decoder.decode(bytes).split(/\r?\n/)
  } catch (cause) {
    throw invalid(`${path}:${firstBrokenLine(bytes)}`, "must be UTF-8; got bytes that are not", { cause })
  }
}

function firstBrokenLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  let line = 1
  for (let start = 0; ; line++) {
    const lineFeed = bytes.indexOf(0x0a, start)
    try {
      decoder.decode(bytes.subarray(start, lineFeed < 0 ? bytes.length : lineFeed))
    } catch {
      return line
    }
    if (lineFeed < 0) return line
    start = lineFeed + 1
  }
}

function invalid(where: string, rule: string, options?: ErrorOptions): ValenceError {
  return new ValenceError("lexicon_invalid", `${where}: ${rule}`, options)
}
