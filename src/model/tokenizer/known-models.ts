import { shown } from "../../errors.ts"
import { type Check, isPart, type Part } from "./part.ts"

/** More pieces, and longer ones, than any published vocabulary has. */
const MAX_PIECES = 2_000_000
const MAX_PIECE_LENGTH = 1000
/** Each word up to this length is looked up piece by piece, in the square of its length. */
const MAX_WORD_CHARACTERS = 1000
const MAX_AFFIX = 16

const isCount = (value: unknown, most: number) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most

const isPiece = (value: unknown) => typeof value === "string" && value.length <= MAX_PIECE_LENGTH

function vocabularyProblem(vocab: unknown): string | undefined {
  const rule = `have a vocab of at most ${MAX_PIECES} pieces of at most ${MAX_PIECE_LENGTH} characters, each with its id`
  if (!isPart(vocab)) return rule
  const pieces = Object.keys(vocab)
  if (pieces.length > MAX_PIECES) return rule
  return pieces.every(piece => isPiece(piece) && isCount(vocab[piece], 2 ** 32 - 1)) ? undefined : rule
}

function unknownProblem(vocab: unknown, token: unknown, mayLack: boolean): string | undefined {
  if (token == null && mayLack) return undefined
  const isThere = typeof token === "string" && isPart(vocab) && Object.hasOwn(vocab, token)
  return isThere ? undefined : `have its unk_token in its vocab; got ${shown(token)}`
}

const isShort = (value: unknown) => typeof value === "string" && value.length <= MAX_AFFIX

const wordPiece: Check = ({
  vocab,
  unk_token,
  continuing_subword_prefix: prefix,
  max_input_chars_per_word: longest,
}) => {
  if (!isShort(prefix)) return `have a continuing_subword_prefix of at most ${MAX_AFFIX} characters`
  if (!isCount(longest, MAX_WORD_CHARACTERS)) return `have a max_input_chars_per_word of at most ${MAX_WORD_CHARACTERS}`
  return vocabularyProblem(vocab) ?? unknownProblem(vocab, unk_token, false)
}

const bytePair: Check = ({
  vocab,
  merges,
  dropout,
  unk_token,
  continuing_subword_prefix: prefix,
  end_of_word_suffix: suffix,
}) => {
  // At random, a text would have other scores each time.
  if (dropout != null && dropout !== 0) return `have no dropout; got ${shown(dropout)}`
  if (prefix != null && prefix !== "") return `have no continuing_subword_prefix; got ${shown(prefix)}`
  if (suffix != null && !isShort(suffix)) return `have an end_of_word_suffix of at most ${MAX_AFFIX} characters`
  if (!Array.isArray(merges) || merges.length > MAX_PIECES) return `have at most ${MAX_PIECES} merges`
  return vocabularyProblem(vocab) ?? unknownProblem(vocab, unk_token, true)
}

const unigram: Check = ({ vocab, unk_id: unknown }) => {
  const rule = `have a vocab of 1 to ${MAX_PIECES} pieces of at most ${MAX_PIECE_LENGTH} characters, each with its score`
  if (!Array.isArray(vocab) || vocab.length === 0 || vocab.length > MAX_PIECES) return rule
  const isScored = (entry: unknown) =>
    Array.isArray(entry) && entry.length === 2 && isPiece(entry[0]) && Number.isFinite(entry[1])
  if (!vocab.every(isScored)) return rule
  return isCount(unknown, vocab.length - 1) ? undefined : `have an unk_id in its vocab; got ${shown(unknown)}`
}

const wordLevel: Check = ({ vocab, unk_token }) => vocabularyProblem(vocab) ?? unknownProblem(vocab, unk_token, false)

const checks: Readonly<Record<string, Check>> = {
  WordPiece: wordPiece,
  BPE: bytePair,
  Unigram: unigram,
  WordLevel: wordLevel,
}

/** What is wrong with a tokenizer's model. */
export function modelProblem(model: unknown): string | undefined {
  const type = isPart(model) ? (model["type"] ?? oldType(model)) : undefined
  const check = typeof type === "string" && Object.hasOwn(checks, type) ? checks[type] : undefined
  if (check === undefined) return `its model must be one of ${Object.keys(checks).join(", ")}; got ${shown(type)}`
  const problem = check(model as Part)
  return problem === undefined ? undefined : `its ${type} model must ${problem}`
}

/** Files from before 2021 do not name the type. */
function oldType(model: Part): string {
  if (Array.isArray(model["merges"])) return "BPE"
  if (Array.isArray(model["vocab"])) return "Unigram"
  return "max_input_chars_per_word" in model ? "WordPiece" : "WordLevel"
}

/** What is wrong with the tokens that are cut out of a text before it is cut into words. */
export function addedTokensProblem(tokens: unknown): string | undefined {
  if (tokens == null) return undefined
  const rule = `its added_tokens must be at most ${MAX_PIECES}, each with a content of 1 to ${MAX_PIECE_LENGTH} characters, and an id`
  if (!Array.isArray(tokens) || tokens.length > MAX_PIECES) return rule
  const isSound = (token: unknown) =>
    isPart(token) && isPiece(token["content"]) && token["content"] !== "" && isCount(token["id"], 2 ** 32 - 1)
  return tokens.every(isSound) ? undefined : rule
}
