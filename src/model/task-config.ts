import { labelsOf, type ModelConfig, problemTypeOf } from "./config.ts"
import { ConfigFields } from "./config-fields.ts"
import { families } from "./families.ts"

/** What labelling needs to know of a model, whatever its architecture. */
export type TaskConfig = Pick<ModelConfig, "labels" | "problemType" | "padId" | "maxPositions">

/** Of what Valence does not build itself, these too have their first position behind the padding's. */
const othersBehindPadding: readonly unknown[] = ["longformer", "mpnet"]

function startsBehindPadding(modelType: unknown): boolean {
  const family = families.find(({ name }) => name === modelType)
  return family?.firstPosition === "after-padding" || othersBehindPadding.includes(modelType)
}

/**
 * What the `config.json` beside a ready graph says of its task; its layers are the graph's own affair.
 *
 * @param json - the text of `config.json`
 * @param file - its name, for errors
 * @param tokenizerJson - the text of `tokenizer_config.json`, where there is one: the length it names counts where it is shorter
 * @throws ValenceError `model_invalid`, naming file, field, rule and value
 */
export function readTaskConfig(json: string, file: string, tokenizerJson = "{}"): TaskConfig {
  const fields = new ConfigFields(json, file)
  const padId = fields.count("pad_token_id", 0, 10_000_000, 0)
  const positions = fields.count("max_position_embeddings", 2, 1_000_000)
  const unused = startsBehindPadding(fields.value("model_type")) ? padId + 1 : 0
  const named = (JSON.parse(tokenizerJson) as Record<string, unknown>)["model_max_length"]
  return {
    labels: labelsOf(fields),
    problemType: problemTypeOf(fields),
    padId,
    maxPositions: Math.min(positions - unused, typeof named === "number" && named >= 2 ? named : Infinity),
  }
}
