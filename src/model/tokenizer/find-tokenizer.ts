import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { ValenceError } from "../../errors.ts"
import { ConfigFields } from "../config-fields.ts"
import { familyNamed } from "../families/families.ts"
import { readModelText, readModelTextIfThere } from "../read-file.ts"
import { tokenizerCommand } from "../save-command.ts"
import { bytePairsFile, fromBytePairs, fromWordPieces, mergesFile, wordPiecesFile } from "./from-vocabulary.ts"
import { addedTokensFile, specialTokensFile } from "./special-tokens.ts"

/** A whole tokenizer, as Hugging Face's library reads it. */
export const tokenizerFile = "tokenizer.json"
/** How a checkpoint's tokenizer is set up, and how long a text may be. */
export const tokenizerConfigFile = "tokenizer_config.json"

/** What a tokenizer is made from. */
type Kind = "whole" | "word pieces" | "byte pairs"

/** The files of a checkpoint's tokenizer. */
export interface TokenizerFiles {
  readonly kind: Kind
  /** Those without which there is no tokenizer. */
  readonly needed: readonly string[]
  /** Those that count too, of the files that there are. */
  readonly settings: readonly string[]
}

const filesOf: Readonly<Record<Kind, readonly string[]>> = {
  whole: [tokenizerFile],
  "word pieces": [wordPiecesFile],
  "byte pairs": [bytePairsFile, mergesFile],
}

/** Tokenizer classes of transformers that are made from these files; `Fast` may follow. */
const kindOfClass: Readonly<Record<string, Kind>> = {
  BertTokenizer: "word pieces",
  DistilBertTokenizer: "word pieces",
  ElectraTokenizer: "word pieces",
  RobertaTokenizer: "byte pairs",
}
/** Classes that say nothing of how texts are cut. */
const plainClasses: readonly unknown[] = ["PreTrainedTokenizer", "TokenizersBackend", "AutoTokenizer", ""]

const kindOfFamily: Readonly<Record<string, Kind>> = {
  bert: "word pieces",
  distilbert: "word pieces",
  electra: "word pieces",
  roberta: "byte pairs",
}

/**
 * The files that make a checkpoint's tokenizer.
 *
 * @param names - the files that there are
 * @param what - the checkpoint, for errors, such as `model OWNER/NAME`
 * @param source - its folder or name, for the command that saves a tokenizer
 * @param config - the fields of `config.json`
 * @param tokenizerConfig - the fields of `tokenizer_config.json`, if there is one
 * @throws ValenceError `model_invalid`, with the command that saves a `tokenizer.json`
 */
export function chooseTokenizerFiles(
  names: readonly string[],
  what: string,
  source: string,
  config: ConfigFields,
  tokenizerConfig: ConfigFields | undefined,
): TokenizerFiles {
  const settings = (files: readonly string[]) => files.filter(file => names.includes(file))
  if (names.includes(tokenizerFile))
    return { kind: "whole", needed: [tokenizerFile], settings: settings([tokenizerConfigFile]) }
  const given = tokenizerConfig?.value("tokenizer_class") ?? config.value("tokenizer_class")
  const name = typeof given === "string" ? given.replace(/Fast$/, "") : ""
  const kind = plainClasses.includes(name) ? kindOfFamily[familyNamed(config)?.name ?? ""] : kindOfClass[name]
  const needed = kind === undefined ? undefined : filesOf[kind]
  if (kind !== undefined && needed?.every(file => names.includes(file)))
    return { kind, needed, settings: settings([tokenizerConfigFile, addedTokensFile, specialTokensFile]) }
  throw noTokenizer(names, what, source, plainClasses.includes(name) ? "" : ` of the class ${name}`)
}

function noTokenizer(names: readonly string[], what: string, source: string, ofClass: string): ValenceError {
  const pieces = names.filter(file => /^(vocab|merges|bpe|spiece|sentencepiece|spm|tokenizer\.model)\b/.test(file))
  const rule =
    "a tokenizer.json, or a vocab.txt (BERT, DistilBERT, ELECTRA), or a vocab.json with a merges.txt (RoBERTa)"
  const remedy =
    pieces.length === 0
      ? "; it has no tokenizer: copy the tokenizer's files from the checkpoint that it was trained from"
      : `; it has ${pieces.join(", ")}${ofClass}. Save a tokenizer.json with: ${tokenizerCommand(source)}`
  return new ValenceError("model_invalid", `${what} must have ${rule}${remedy}`)
}

/** The `tokenizer.json` of a checkpoint's folder, and the file that errors are to name. */
export interface TokenizerText {
  readonly json: string
  readonly file: string
}

/** As `chooseTokenizerFiles`, of the files in a folder. */
export async function findTokenizer(folder: string): Promise<TokenizerFiles> {
  const names = await readdir(folder)
  const file = join(folder, "config.json")
  const config = new ConfigFields(await readModelText(file), file)
  return chooseTokenizerFiles(names, `model ${folder}`, folder, config, await readTokenizerConfig(folder))
}

/**
 * The `tokenizer.json` of a checkpoint: as it is there, or made from the vocabulary.
 *
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function readTokenizerText(folder: string): Promise<TokenizerText> {
  const { kind, needed } = await findTokenizer(folder)
  const file = join(folder, needed[0] ?? tokenizerFile)
  if (kind === "whole") return { json: await readModelText(file), file }
  const config = (await readTokenizerConfig(folder)) ?? new ConfigFields("{}", join(folder, tokenizerConfigFile))
  config.requireOff("split_special_tokens", "false: special tokens in a text are always taken as such")
  const make = kind === "word pieces" ? fromWordPieces : fromBytePairs
  return { json: await make(folder, config), file }
}

/** The fields of a checkpoint's `tokenizer_config.json`; `undefined` if it has none. */
export async function readTokenizerConfig(folder: string): Promise<ConfigFields | undefined> {
  const file = join(folder, tokenizerConfigFile)
  const json = await readModelTextIfThere(file)
  return json === undefined ? undefined : new ConfigFields(json, file)
}
