import { readFile } from "node:fs/promises"

/** Words of a text in SST-2's dev set, at its 5th, 15th, ... 95th percentile. */
const WORD_COUNTS = [6, 10, 13, 15, 18, 20, 23, 26, 29, 35]
/** Words of texts of all lengths, from a line to a page: 5 to 450 tokens. */
const MIXED_WORD_COUNTS = [4, 10, 20, 35, 60, 90, 130, 190, 270, 380]
/** The share of SST-2's dev set's words that AFINN-111 has. */
const LEXICON_SHARE = 0.07
/** Letters of an unlisted word: as often as English has them, roughly. */
const WORD_LENGTHS = [1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10]

/**
 * The same texts at each call: lower case, words parted by spaces, a full stop at the end as SST-2 has it. Most words are
 * made up, so a tokenizer cuts them into pieces: for a transformer take `generateEnglishTexts`.
 */
export async function generateTexts(count: number): Promise<string[]> {
  const random = seededRandom(1)
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T
  const file = await readFile(new URL("../lexicons/afinn-111.tsv", import.meta.url), "utf8")
  const listed = file.split("\n").flatMap(line => (line.startsWith("#") ? [] : line.split("\t").slice(0, 1)))
  const madeUp = () => Array.from({ length: pick(WORD_LENGTHS) }, () => pick([..."etaoinshrdlu"])).join("")
  const unlisted = Array.from({ length: 20_000 }, madeUp)
  const word = () => pick(random() < LEXICON_SHARE ? listed : unlisted)
  return Array.from({ length: count }, () => `${Array.from({ length: pick(WORD_COUNTS) }, word).join(" ")} .`)
}

/**
 * The same texts at each call, of words from models/calibration.txt in any order: as many words a text as in SST-2's
 * dev set, and, since they are English, as many tokens (25 on average, special tokens included); or, where lengths are
 * mixed, 4 to 380 words.
 */
export async function generateEnglishTexts(count: number, lengths: "short" | "mixed" = "short"): Promise<string[]> {
  const random = seededRandom(2)
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T
  const file = await readFile(new URL("../models/calibration.txt", import.meta.url), "utf8")
  const words = file.match(/(?<=^| )[a-z',]+(?= |$)/gm) ?? []
  const counts = lengths === "short" ? WORD_COUNTS : MIXED_WORD_COUNTS
  const text = () => Array.from({ length: pick(counts) }, () => pick(words)).join(" ")
  return Array.from({ length: count }, () => `${text()} .`)
}

/** mulberry32: numbers in [0, 1) that depend on the seed alone. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
