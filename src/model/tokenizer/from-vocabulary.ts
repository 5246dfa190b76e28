import { join } from "node:path"
import { ValenceError } from "../../errors.ts"
import { ConfigFields } from "../config-fields.ts"
import { readModelText } from "../read-file.ts"
import { type NamedTokens, readSpecialTokens, type SpecialName } from "./special-tokens.ts"

/** The pieces of BERT's vocabulary, one a line, in the order of their ids. */
export const wordPiecesFile = "vocab.txt"
/** RoBERTa's byte pairs: ids by piece, and which pairs are joined first. */
export const bytePairsFile = "vocab.json"
export const mergesFile = "merges.txt"

const bertTokens = { unk: "[UNK]", sep: "[SEP]", pad: "[PAD]", cls: "[CLS]", mask: "[MASK]" } as const
const robertaTokens = {
  ...{ bos: "<s>", eos: "</s>", unk: "<unk>", sep: "</s>", pad: "<pad>", cls: "<s>", mask: "<mask>" },
} as const

/** Words that are longer than this are unknown, as in BERT. */
const MAX_WORD_CHARACTERS = 100

/**
 * BERT's `tokenizer.json`, made from `vocab.txt`, as transformers makes it.
 *
 * @param config - the fields of `tokenizer_config.json`
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function fromWordPieces(folder: string, config: ConfigFields): Promise<string> {
  const file = join(folder, wordPiecesFile)
  const lines = (await readModelText(file)).split(/\r?\n/)
  if (lines.at(-1) === "") lines.pop()
  const vocabulary = new Map(lines.map((piece, id) => [piece, id]))
  const special = await readSpecialTokens(folder, config, bertTokens, vocabulary)
  const unknown = requireNamed(special, "unk", file)
  if (!vocabulary.has(unknown))
    throw new ValenceError("model_invalid", `${file} must have the unknown token, ${unknown}; it does not`)
  return JSON.stringify({
    ...header(special),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: flag(config, "tokenize_chinese_chars", true),
      strip_accents: flag(config, "strip_accents", null),
      lowercase: flag(config, "do_lower_case", true),
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: bertTemplate(special, file),
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: unknown,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: MAX_WORD_CHARACTERS,
      vocab: Object.fromEntries(vocabulary),
    },
  })
}

function bertTemplate(special: NamedTokens, file: string) {
  const [cls, sep] = [requireNamed(special, "cls", file), requireNamed(special, "sep", file)]
  const token = (id: string, type_id = 0) => ({ SpecialToken: { id, type_id } })
  const text = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } })
  const named = [cls, sep].map(content => [content, { id: content, ids: [idOf(special, content)], tokens: [content] }])
  return {
    type: "TemplateProcessing",
    single: [token(cls), text("A", 0), token(sep)],
    pair: [token(cls), text("A", 0), token(sep), text("B", 1), token(sep, 1)],
    special_tokens: Object.fromEntries(named),
  }
}

/**
 * RoBERTa's `tokenizer.json`, made from `vocab.json` and `merges.txt`, as transformers makes it.
 *
 * @param config - the fields of `tokenizer_config.json`
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function fromBytePairs(folder: string, config: ConfigFields): Promise<string> {
  const file = join(folder, bytePairsFile)
  const fields = new ConfigFields(await readModelText(file), file)
  const vocabulary = new Map(fields.names().map(piece => [piece, fields.count(piece, 0, 10_000_000)]))
  const lines = (await readModelText(join(folder, mergesFile))).split(/\r?\n/)
  const special = await readSpecialTokens(folder, config, robertaTokens, vocabulary)
  const [cls, sep] = [requireNamed(special, "cls", file), requireNamed(special, "sep", file)]
  const addsSpace = flag(config, "add_prefix_space", false)
  return JSON.stringify({
    ...header(special),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: addsSpace, trim_offsets: true, use_regex: true },
    post_processor: {
      type: "RobertaProcessing",
      sep: [sep, idOf(special, sep)],
      cls: [cls, idOf(special, cls)],
      trim_offsets: true,
      add_prefix_space: addsSpace,
    },
    decoder: null,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      vocab: Object.fromEntries(vocabulary),
      merges: lines.filter(line => line !== "" && !line.startsWith("#version")),
    },
  })
}

function header({ added }: NamedTokens) {
  return { version: "1.0", truncation: null, padding: null, added_tokens: added }
}

function requireNamed({ named }: NamedTokens, name: SpecialName, file: string): string {
  const token = named[name]
  if (token !== undefined) return token
  throw new ValenceError("model_invalid", `${file} must come with a ${name}_token; its tokenizer_config.json has none`)
}

function idOf({ added }: NamedTokens, content: string): number {
  return added.find(token => token.content === content)?.id ?? 0
}

function flag<T extends boolean | null>(config: ConfigFields, field: string, absent: T): boolean | T {
  const value = config.value(field) ?? absent
  if (typeof value === "boolean" || value === absent) return value as boolean | T
  throw config.refuse(field, "true or false")
}
