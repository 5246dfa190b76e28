import { ConfigFields } from "./config-fields.ts"
import { families } from "./families/families.ts"
import type { Family } from "./families/family.ts"
import { labelsOf } from "./labels.ts"

/** What a checkpoint's `config.json` says of its architecture and labels. */
export interface ModelConfig {
  readonly family: Family
  readonly vocabSize: number
  /** Positions that a text's tokens can have: the most tokens a text may have. */
  readonly maxPositions: number
  /** Positions before that of a text's first token. */
  readonly positionsBefore: number
  /** 0 in a family without. */
  readonly tokenTypes: number
  /** `hiddenSize`, where nothing projects the embeddings. */
  readonly embeddingSize: number
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
  /** Width of the feed-forward layer. */
  readonly ffnSize: number
  readonly activation: "gelu" | "relu"
  /** 1e-12 in every layer norm of DistilBERT; its config does not name it. */
  readonly layerNormEps: number
  /** In the order of their ids. */
  readonly labels: readonly string[]
  readonly problemType: "single_label_classification" | "multi_label_classification"
  readonly padId: number
}

const LAYER_NORM_EPS = 1e-12
/** BERT's; also what transformers fills in for its descendants. */
const TOKEN_TYPES = 2
const HEAD = "ForSequenceClassification"

function familyOf(fields: ConfigFields): Family {
  fields.requireOff("auto_map", "absent: it asks for code that comes with the checkpoint, and such code is never run")
  const given = fields.value("architectures")
  const architectures: readonly unknown[] = Array.isArray(given) ? given : []
  const family = families.find(({ architecture }) => architectures.includes(architecture))
  if (family) return family
  const headless = families.find(({ architecture }) =>
    architectures.some(name => typeof name === "string" && name.startsWith(architecture.replace(HEAD, "For"))),
  )
  if (headless)
    throw fields.refuse("architectures", `${headless.architecture}, the one head that is supported (it gives labels)`)
  const supported = families.map(({ architecture }) => architecture).join(", ")
  throw fields.refuse("architectures", `one of those that are supported, ${supported}`)
}

/** How many labels a text can have. */
export function problemTypeOf(fields: ConfigFields): ModelConfig["problemType"] {
  return fields.choice(
    "problem_type",
    ["single_label_classification", "multi_label_classification"],
    "single_label_classification",
  )
}

/** The number of positions that a text's tokens can have, and of those before the first token's. */
export function positionsOf(fields: ConfigFields, startsAfterPadding: boolean, padId: number) {
  const positionsBefore = startsAfterPadding ? padId + 1 : 0
  const positions = fields.count("max_position_embeddings", positionsBefore + 2, 1_000_000)
  return { positionsBefore, maxPositions: positions - positionsBefore }
}

/** The id of the token that fills rows up. */
export function padIdOf(fields: ConfigFields, absent: number): number {
  return fields.count("pad_token_id", 0, 10_000_000, absent)
}

function sizesOf(fields: ConfigFields, { fields: names }: Family) {
  const hiddenSize = fields.count(names.hiddenSize, 1, 100_000)
  const heads = fields.count(names.heads, 1, 10_000)
  if (hiddenSize % heads !== 0) throw fields.refuse(names.heads, `a divisor of ${names.hiddenSize}, ${hiddenSize}`)
  return {
    hiddenSize,
    heads,
    vocabSize: fields.count("vocab_size", 1, 10_000_000),
    layers: fields.count(names.layers, 1, 1000),
    ffnSize: fields.count(names.ffnSize, 1, 1_000_000),
    embeddingSize:
      names.embeddingSize === undefined ? hiddenSize : fields.count(names.embeddingSize, 1, 100_000, hiddenSize),
    tokenTypes: names.tokenTypes === undefined ? 0 : fields.count(names.tokenTypes, 1, 1000, TOKEN_TYPES),
  }
}

/**
 * A checkpoint's configuration, checked.
 *
 * @param json - the text of `config.json`
 * @param file - its name, for errors
 * @param rows - the number of the classifier's logits, which counts if the config names no labels
 * @throws ValenceError `model_invalid`, naming file, field, rule and value
 */
export function readConfig(json: string, file: string, rows?: number): ModelConfig {
  const fields = new ConfigFields(json, file)
  const family = familyOf(fields)
  fields.choice("position_embedding_type", ["absolute"], "absolute")
  fields.requireOff("is_decoder", "false: only models that see a whole text at once are supported")
  const { layerNormEps, activation } = family.fields
  const sizes = sizesOf(fields, family)
  const padId = padIdOf(fields, family.padId)
  if (padId >= sizes.vocabSize) throw fields.refuse("pad_token_id", `below vocab_size, ${sizes.vocabSize}`)
  return {
    family,
    ...sizes,
    ...positionsOf(fields, family.firstPosition === "after-padding", padId),
    activation: fields.choice(activation, ["gelu", "relu"], "gelu"),
    layerNormEps: layerNormEps === undefined ? LAYER_NORM_EPS : fields.fraction(layerNormEps, LAYER_NORM_EPS),
    labels: labelsOf(fields, rows),
    problemType: problemTypeOf(fields),
    padId,
  }
}
