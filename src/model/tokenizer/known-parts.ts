import { shown } from "../../errors.ts"
import { charsmapProblem } from "./charsmap.ts"
import { type Check, isPart, type KnownParts, type Part } from "./part.ts"

/** Characters of a text that a part adds or looks for. */
const MAX_TEXT = 16
/** Special tokens around a text. */
const MAX_TEMPLATE = 64

/** Patterns of published tokenizers; another could take for ever on a text, or end the process. */
const knownPatterns: ReadonlySet<string> = new Set([
  " {2,}",
  " +",
  "\\s+",
  "\\s{2,}",
  "\\p{N}",
  "\\p{N}{1,3}",
  "[0-9]",
  // GPT-2, then those of cl100k, Llama 3, Qwen 2 and CLIP.
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
])

const harmless: Check = () => undefined
const all = (checks: readonly string[]): Record<string, Check> =>
  Object.fromEntries(checks.map(type => [type, harmless]))

const isShort = (value: unknown): value is string => typeof value === "string" && value.length <= MAX_TEXT

function patternProblem(pattern: unknown): string | undefined {
  const { String: text, Regex: regex } = isPart(pattern) ? pattern : {}
  if (isShort(text) && text !== "") return undefined
  if (typeof regex === "string" && knownPatterns.has(regex)) return undefined
  return `have a text of 1 to ${MAX_TEXT} characters as its pattern, or a pattern that is known; got ${shown(text ?? regex)}`
}

/** A replacement that is longer than what it replaces grows a text each time it is applied. */
const replaceCheck: Check = ({ pattern, content }) => {
  const text = isPart(pattern) ? pattern["String"] : undefined
  const most = typeof text === "string" ? Math.max(1, text.length) : 1
  const doesGrow = typeof content !== "string" || content.length > most
  return (
    patternProblem(pattern) ?? (doesGrow ? `replace by no longer text than it finds; got ${shown(content)}` : undefined)
  )
}

const prependCheck: Check = ({ prepend }) => (isShort(prepend) ? undefined : `prepend at most ${MAX_TEXT} characters`)

const charsmapCheck: Check = ({ precompiled_charsmap: charsmap }) => {
  const problem = charsmapProblem(charsmap)
  return problem === undefined ? undefined : `have a charsmap that is sound: it must ${problem}`
}

/** What changes a text before it is cut. */
export const normalizers: KnownParts = {
  list: "normalizers",
  checks: {
    ...all(["BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Strip", "StripAccents", "ByteLevel"]),
    Prepend: prependCheck,
    Replace: replaceCheck,
    Precompiled: charsmapCheck,
  },
}

/** What cuts a text into words. */
export const preTokenizers: KnownParts = {
  list: "pretokenizers",
  checks: {
    ...all(["BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "UnicodeScripts", "Whitespace"]),
    ...all(["WhitespaceSplit"]),
    Split: ({ pattern }) => patternProblem(pattern),
  },
}

const isId = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32

const namedTokens: Check = ({ sep, cls }) =>
  [sep, cls].every(pair => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && isId(pair[1]))
    ? undefined
    : "name sep and cls, each with its id"

const templateCheck: Check = ({ single, pair, special_tokens: special }) => {
  const rule = `put at most ${MAX_TEMPLATE} special tokens around each text, all with their ids`
  if (!isPart(special) || !Object.values(special).every(isTemplateToken)) return rule
  const isKnown = (piece: unknown) => isTemplatePiece(piece, special)
  const areSound = [single, pair].every(
    pieces => Array.isArray(pieces) && pieces.length <= MAX_TEMPLATE && pieces.every(isKnown),
  )
  if (!areSound) return rule
  const texts = (pieces: unknown) => (pieces as Part[]).map(textOf).filter(id => id !== undefined)
  const isWhole = texts(single).join() === "A" && ["", "A,B"].includes(texts(pair).join())
  return isWhole ? undefined : "hold a text once, and a pair's texts once each"
}

function isTemplateToken(token: unknown): boolean {
  const { ids, tokens } = isPart(token) ? token : {}
  if (!Array.isArray(ids) || !Array.isArray(tokens)) return false
  return ids.length <= MAX_TEMPLATE && ids.length === tokens.length && ids.every(isId)
}

const textOf = ({ Sequence: sequence }: Part) => (isPart(sequence) ? sequence["id"] : undefined)

function isTemplatePiece(piece: unknown, special: Part): boolean {
  if (!isPart(piece)) return false
  const { SpecialToken: token } = piece
  if (isPart(token)) return typeof token["id"] === "string" && Object.hasOwn(special, token["id"])
  return ["A", "B"].includes(String(textOf(piece)))
}

/** What puts special tokens around a text. */
export const postProcessors: KnownParts = {
  list: "processors",
  checks: {
    ...all(["ByteLevel"]),
    BertProcessing: namedTokens,
    RobertaProcessing: namedTokens,
    TemplateProcessing: templateCheck,
  },
}

/** What makes texts of ids, which is never asked for; but the library reads it. */
export const decoders: KnownParts = {
  list: "decoders",
  checks: {
    ...all(["BPEDecoder", "ByteFallback", "ByteLevel", "CTC", "Fuse", "Metaspace", "Strip", "WordPiece"]),
    Replace: replaceCheck,
  },
}
