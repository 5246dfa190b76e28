import { join } from "node:path"
import { ConfigFields } from "../config-fields.ts"
import { readModelTextIfThere } from "../read-file.ts"

/** A token that is cut out of a text before anything else is, as `tokenizer.json` lists it. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly single_word: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly normalized: boolean
  readonly special: boolean
}

type Token = Omit<AddedToken, "id">

/** What a tokenizer calls a token that has a meaning of its own. */
export type SpecialName = "bos" | "eos" | "unk" | "sep" | "pad" | "cls" | "mask"

const names: readonly SpecialName[] = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]

/** The files that name added tokens, besides `tokenizer_config.json`: older versions of transformers wrote them. */
export const addedTokensFile = "added_tokens.json"
export const specialTokensFile = "special_tokens_map.json"

/** What a checkpoint's files say of its special and added tokens. */
export interface NamedTokens {
  /** What a special token is; its usual name, unless the checkpoint gives it another. */
  readonly named: Partial<Readonly<Record<SpecialName, string>>>
  /** All of them, with the ids that they have in the vocabulary, or after it. */
  readonly added: readonly AddedToken[]
}

/**
 * Reads special and added tokens from `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`, as transformers
 * does: with `added_tokens_decoder` in the first of them, the other two do not count.
 *
 * @param usual - what special tokens are if no file names them
 * @param vocabulary - ids by token
 * @throws ValenceError `model_invalid`
 */
export async function readSpecialTokens(
  folder: string,
  config: ConfigFields,
  usual: Partial<Readonly<Record<SpecialName, string>>>,
  vocabulary: ReadonlyMap<string, number>,
): Promise<NamedTokens> {
  const isWhole = config.value("added_tokens_decoder") != null
  const map = isWhole ? undefined : await readFields(folder, specialTokensFile)
  const tokens = new Map<SpecialName, Token>()
  for (const name of names) {
    const field = `${name}_token`
    const from = map?.value(field) == null ? config : map
    const token = readToken(from, field, from.value(field) ?? usual[name], true)
    if (token) tokens.set(name, token)
  }
  const extra = [config, ...(map ? [map] : [])].flatMap(extraTokens)
  const special = new Set([...tokens.values(), ...extra].map(({ content }) => content))
  const more = isWhole ? decoderTokens(config, special) : oldTokens(await readFields(folder, addedTokensFile), special)
  const added = withIds(
    [...more, ...[...tokens.values(), ...extra].map(token => ({ token, id: undefined }))],
    config,
    vocabulary,
  )
  return { named: Object.fromEntries([...tokens].map(([name, { content }]) => [name, content])), added }
}

async function readFields(folder: string, name: string): Promise<ConfigFields | undefined> {
  const file = join(folder, name)
  const json = await readModelTextIfThere(file)
  return json === undefined ? undefined : new ConfigFields(json, file)
}

const tokenRule = "a token: a text that is not empty, or an object with its content"

function readToken(fields: ConfigFields, field: string, value: unknown, special: boolean): Token | undefined {
  if (value == null) return undefined
  const given = typeof value === "string" ? { content: value } : value
  if (typeof given !== "object" || Array.isArray(given)) throw fields.refuse(field, tokenRule)
  const { content, ...flags } = given as Record<string, unknown>
  if (typeof content !== "string" || content === "") throw fields.refuse(field, tokenRule)
  const isSet = (flag: string, absent: boolean) => (flags[flag] == null ? absent : flags[flag] === true)
  return {
    content,
    single_word: isSet("single_word", false),
    lstrip: isSet("lstrip", false),
    rstrip: isSet("rstrip", false),
    normalized: isSet("normalized", !special),
    special: special || isSet("special", false),
  }
}

function extraTokens(fields: ConfigFields): Token[] {
  const field = ["extra_special_tokens", "additional_special_tokens"].find(name => fields.value(name) != null)
  if (field === undefined) return []
  const value = fields.value(field)
  const list = Array.isArray(value) ? value : typeof value === "object" ? Object.values(value as object) : [value]
  return list.map(token => readToken(fields, field, token, true)).filter(token => token !== undefined)
}

interface Placed {
  readonly token: Token
  readonly id: number | undefined
}

/** `added_tokens_decoder`: tokens by id, with all that is to know of them. */
function decoderTokens(config: ConfigFields, special: ReadonlySet<string>): Placed[] {
  const field = "added_tokens_decoder"
  return Object.entries(config.value(field) as object)
    .map(([id, value]) => {
      const token = readToken(config, field, value, false)
      if (token === undefined || !/^\d{1,9}$/.test(id)) throw config.refuse(field, "an object of tokens by id")
      const normalized = (value as { normalized?: unknown }).normalized == null ? !token.special : token.normalized
      return { token: { ...token, normalized, special: token.special || special.has(token.content) }, id: Number(id) }
    })
    .sort((a, b) => a.id - b.id)
}

/** `added_tokens.json`: ids by token. */
function oldTokens(fields: ConfigFields | undefined, special: ReadonlySet<string>): Placed[] {
  if (fields === undefined) return []
  return fields
    .names()
    .map(content => {
      const isSpecial = special.has(content)
      const token = readToken(fields, content, { content, special: isSpecial, normalized: !isSpecial }, isSpecial)
      if (token === undefined) throw fields.refuse(content, tokenRule)
      return { token, id: fields.count(content, 0, 10_000_000) }
    })
    .sort((a, b) => a.id - b.id)
}

/** Tokens that the vocabulary lacks come after it, in order; another id would be that of another row of the embeddings. */
function withIds(
  tokens: readonly Placed[],
  config: ConfigFields,
  vocabulary: ReadonlyMap<string, number>,
): AddedToken[] {
  const added = new Map<string, AddedToken>()
  let next = vocabulary.size
  for (const { token, id } of tokens) {
    if (added.has(token.content)) continue
    const own = vocabulary.get(token.content) ?? next++
    if (id !== undefined && id !== own)
      throw config.refuse(
        "added_tokens_decoder",
        `tokens with the ids that follow from the vocabulary, ${own} for ${token.content}`,
      )
    added.set(token.content, { id: own, ...token })
  }
  return [...added.values()]
}
