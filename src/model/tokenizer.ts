import { Tokenizer as HuggingFaceTokenizer } from "tokenizers"
import { asError, ValenceError } from "../errors.ts"

/** A text as the model takes it: token ids, special tokens included. */
export interface Encoding {
  /** 1..maxLength ids. */
  readonly inputIds: Int32Array
  /** Whether ids were cut off at `maxLength`. */
  readonly truncated: boolean
}

/** Turns texts into token ids, off the event loop. */
export interface Tokenizer {
  /**
   * One encoding a text, in order. Lone surrogates count as U+FFFD.
   *
   * @param maxLength - ids that an encoding may have, special tokens included
   */
  encode(texts: readonly string[], maxLength: number): Promise<Encoding[]>
}

/**
 * The tokenizer of a checkpoint's `tokenizer.json`.
 *
 * Truncation is a setting of the tokenizer and not of a call, so the texts of one call share `maxLength`: a
 * tokenizer that is asked for several lengths keeps one copy for each.
 *
 * @param json - the text of `tokenizer.json`
 * @throws ValenceError `model_invalid`
 */
export function createTokenizer(json: string, file: string): Tokenizer {
  const byMaxLength = new Map<number, HuggingFaceTokenizer>()
  return {
    async encode(texts, maxLength) {
      const tokenizer = byMaxLength.get(maxLength) ?? load(json, file)
      if (!byMaxLength.has(maxLength)) {
        tokenizer.disablePadding()
        tokenizer.setTruncation(maxLength)
        byMaxLength.set(maxLength, tokenizer)
      }
      const encodings = await tokenizer.encodeBatch(texts.map(text => text.toWellFormed()))
      return encodings.map(encoding => ({
        inputIds: Int32Array.from(encoding.getIds()),
        truncated: encoding.getOverflowing().length > 0,
      }))
    },
  }
}

function load(json: string, file: string): HuggingFaceTokenizer {
  try {
    return HuggingFaceTokenizer.fromString(json)
  } catch (error) {
    throw new ValenceError("model_invalid", `${file} must be a tokenizer.json; ${asError(error).message}`, {
      cause: error,
    })
  }
}
