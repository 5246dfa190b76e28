import { Tokenizer as HuggingFaceTokenizer } from "tokenizers"
import { asError, ValenceError } from "../../errors.ts"
import { type EncodeTexts, encodePieces, pieceLength } from "./encode-pieces.ts"
import { readTokenizerConfig, readTokenizerText } from "./find-tokenizer.ts"
import { requireKnownShape } from "./known-shape.ts"
import { createIsUnfamiliar, type IsUnfamiliar } from "./unfamiliar.ts"
import { lazyAsciiEncoder, type SpecialIds } from "./word-pieces.ts"

/** A text as the model takes it: token ids, special tokens included. */
export interface Encoding {
  /** 1..maxLength ids. */
  readonly inputIds: Int32Array
  /** Ids of the whole text, special tokens included; of a long text that is truncated some more than it may have. */
  readonly tokens: number
  /** Whether ids were cut off at `maxLength`. */
  readonly truncated: boolean
}

/** How many special tokens stand in front of a text's own, and after them. */
export interface SpecialIdCounts {
  readonly before: number
  readonly after: number
}

/** Turns texts into token ids: short texts of ASCII at once if it is BERT's, all others off the event loop. */
export interface Tokenizer {
  readonly special: SpecialIdCounts
  /** Whether the vocabulary hardly has the characters, the script or the language of a text. */
  readonly isUnfamiliar: IsUnfamiliar
  /**
   * One encoding a text, in order. Lone surrogates count as U+FFFD.
   *
   * @param maxLength - ids that an encoding may have, special tokens included; one for all texts, or one for each, and
   *   `Infinity` for the whole text
   */
  encode(texts: readonly string[], maxLength: number | readonly number[]): Promise<Encoding[]>
}

/**
 * The tokenizer of a checkpoint's `tokenizer.json`.
 *
 * @param json - the text of `tokenizer.json`
 * @param side - where a text that is too long loses tokens
 * @throws ValenceError `model_invalid`
 */
export async function createTokenizer(
  json: string,
  file: string,
  side: "right" | "left" = "right",
): Promise<Tokenizer> {
  const tokenizer = load(json, file)
  const { before, after } = await specialIds(tokenizer, file)
  const special = { before: before.length, after: after.length }
  const encodeAtOnce = lazyAsciiEncoder(json, { before, after })
  const encodeTexts: EncodeTexts = async (texts, addSpecialTokens) => {
    const encodings = await tokenizer.encodeBatch([...texts], { addSpecialTokens })
    return encodings.map(encoding => encoding.getIds())
  }
  const encodeLong = async (text: string, most: number) =>
    // Of a text that loses tokens in front, the end is wanted.
    joined(before, await encodePieces(encodeTexts, text, side === "left" ? Infinity : most), after)
  const unknownId = tokenizer.tokenToId("[UNK]") ?? tokenizer.tokenToId("<unk>") ?? undefined
  return {
    special,
    isUnfamiliar: createIsUnfamiliar(
      () => Object.keys(tokenizer.getVocab(false)),
      unknownId,
      special.before + special.after,
    ),
    async encode(texts, maxLength) {
      const mostOf = (index: number) => (typeof maxLength === "number" ? maxLength : (maxLength[index] ?? 0))
      const ids = texts.map(encodeAtOnce)
      const others = [...texts.keys()].filter(index => !ids[index])
      const short = others.filter(index => !isLong(texts[index] as string))
      const encoded = await encodeShort(
        encodeTexts,
        short.map(index => texts[index] as string),
      )
      for (const [at, index] of short.entries()) ids[index] = encoded[at]
      for (const index of others) ids[index] ??= await encodeLong(texts[index] as string, mostOf(index))
      return ids.map((own, index) => truncated(own as Int32Array, mostOf(index), special, side))
    },
  }
}

const isLong = (text: string) => text.length > 2 * pieceLength

function joined(before: readonly number[], own: Int32Array, after: readonly number[]): Int32Array {
  const ids = new Int32Array(before.length + own.length + after.length)
  ids.set(before)
  ids.set(own, before.length)
  ids.set(after, before.length + own.length)
  return ids
}

/**
 * The tokenizer of a checkpoint's folder, from its `tokenizer.json` or from its vocabulary.
 *
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const { json, file } = await readTokenizerText(folder)
  const config = await readTokenizerConfig(folder)
  return createTokenizer(json, file, config?.choice("truncation_side", ["right", "left"], "right"))
}

/** Encodes texts with the library, in threads of its own. */
async function encodeShort(encode: EncodeTexts, texts: readonly string[]): Promise<Int32Array[]> {
  if (texts.length === 0) return []
  const encodings = await encode(
    texts.map(text => text.toWellFormed()),
    true,
  )
  return encodings.map(ids => Int32Array.from(ids))
}

/** They stay if a text is truncated, and stand in each of its windows. */
async function specialIds(tokenizer: HuggingFaceTokenizer, file: string): Promise<SpecialIds> {
  const encoding = await tokenizer.encode("a").catch(cause => {
    throw new ValenceError("model_invalid", `${file} must give tokens for a text; ${asError(cause).message}`, { cause })
  })
  const [ids, mask] = [encoding.getIds(), encoding.getSpecialTokensMask()]
  if (!mask.includes(0))
    throw new ValenceError("model_invalid", `${file} must give tokens for a text; it gives none for "a"`)
  return { before: ids.slice(0, mask.indexOf(0)), after: ids.slice(mask.lastIndexOf(0) + 1) }
}

/**
 * Cuts ids off, at the end or at the beginning of a text's own. Done here, because a tokenizer has one length for all texts
 * that it truncates, and a copy for each length takes megabytes.
 */
function truncated(ids: Int32Array, maxLength: number, special: SpecialIdCounts, side: "right" | "left"): Encoding {
  const tokens = ids.length
  if (tokens <= maxLength) return { inputIds: ids, tokens, truncated: false }
  const { before, after } = special
  const kept = maxLength - after
  const inputIds = ids.slice(0, maxLength)
  if (side === "left" && kept > before) inputIds.set(ids.subarray(tokens - maxLength + before, tokens - after), before)
  inputIds.set(ids.subarray(tokens - after), kept)
  return { inputIds, tokens, truncated: true }
}

function load(json: string, file: string): HuggingFaceTokenizer {
  requireKnownShape(json, file)
  try {
    const tokenizer = HuggingFaceTokenizer.fromString(json)
    tokenizer.disablePadding()
    tokenizer.disableTruncation()
    return tokenizer
  } catch (error) {
    throw new ValenceError("model_invalid", `${file} must be a tokenizer.json; ${asError(error).message}`, {
      cause: error,
    })
  }
}
