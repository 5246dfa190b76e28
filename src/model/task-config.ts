import { type ModelConfig, padIdOf, positionsOf, problemTypeOf } from "./config.ts"
import type { ConfigFields } from "./config-fields.ts"
import { familyNamed } from "./families/families.ts"
import { labelsOf } from "./labels.ts"

/** What labelling needs to know about a model of any architecture. */
export type TaskConfig = Pick<ModelConfig, "labels" | "problemType" | "padId"> & {
  /** The most tokens that a text may have. */
  readonly maxLength: number
}

/** Other architectures than Valence's own whose first position comes after the padding's. */
const othersAfterPadding: readonly unknown[] = ["longformer", "mpnet"]

/** Longer texts than any model reads; larger numbers of positions are a mistake. */
const UNBOUNDED = 1_000_000

/**
 * What a checkpoint's configuration says of its task; its layers are the graph's own affair.
 *
 * @param fields - of `config.json`
 * @param tokenizerFields - of `tokenizer_config.json`, if there is one
 * @param rows - the number of the classifier's logits, which counts if the config names no labels
 * @throws ValenceError `model_invalid`, naming file, field, rule and value
 */
export function readTaskConfig(fields: ConfigFields, tokenizerFields?: ConfigFields, rows?: number): TaskConfig {
  const modelType = fields.value("model_type")
  const family = familyNamed(fields)
  const padId = padIdOf(fields, family?.padId ?? 0)
  const startsAfterPadding = family?.firstPosition === "after-padding" || othersAfterPadding.includes(modelType)
  const { maxPositions } = positionsOf(fields, startsAfterPadding, padId)
  return {
    labels: labelsOf(fields, rows),
    problemType: problemTypeOf(fields),
    padId,
    maxLength: Math.min(maxPositions, namedMaxLength(tokenizerFields)),
  }
}

/**
 * `model_max_length`, as transformers truncates; tokenizers that have no limit of their own name a huge number.
 *
 * @throws ValenceError `model_invalid` if it leaves no room for a text
 */
function namedMaxLength(fields: ConfigFields | undefined): number {
  // Older tokenizers call it max_len.
  const field = fields?.value("model_max_length") == null ? "max_len" : "model_max_length"
  const named = fields?.value(field)
  if (fields === undefined || named == null || (typeof named === "number" && named > UNBOUNDED)) return UNBOUNDED
  return fields.count(field, 2, UNBOUNDED)
}
