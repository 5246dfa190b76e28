import { asError, shown, ValenceError } from "../errors.ts"

/** What a checkpoint's `config.json` says of its architecture and labels. */
export interface ModelConfig {
  readonly vocabSize: number
  /** Positions that have an embedding: the most tokens a text may have. */
  readonly maxPositions: number
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

const ARCHITECTURE = "DistilBertForSequenceClassification"

/** Reads one field after the other, and names file, field, rule and value where one does not fit. */
class Fields {
  readonly #fields: Record<string, unknown>
  readonly #file: string

  constructor(json: string, file: string) {
    this.#file = file
    try {
      const fields: unknown = JSON.parse(json)
      if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw new Error("it is not an object")
      this.#fields = fields as Record<string, unknown>
    } catch (cause) {
      throw new ValenceError("model_invalid", `${file} must hold a JSON object; ${asError(cause).message}`, { cause })
    }
  }

  refuse(field: string, rule: string): ValenceError {
    const value = this.#fields[field]
    const given = typeof value === "object" ? JSON.stringify(value) : value
    return new ValenceError("model_invalid", `${this.#file}: ${field} must be ${rule}; got ${shown(given)}`)
  }

  value(field: string): unknown {
    return this.#fields[field]
  }

  count(field: string, min: number, max: number): number {
    const value = this.#fields[field]
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
    throw this.refuse(field, `a whole number, ${min} to ${max}`)
  }

  choice<const C extends string>(field: string, choices: readonly C[], absent: C): C {
    const value = this.#fields[field] ?? absent
    const chosen = choices.find(choice => choice === value)
    if (chosen !== undefined) return chosen
    throw this.refuse(field, `one of ${choices.join(", ")}`)
  }
}

function labelsOf(fields: Fields): string[] {
  const rule = "an object of label names by id, ids 0, 1, ... without gaps, no name empty or twice"
  const byId = fields.value("id2label")
  if (typeof byId !== "object" || byId === null) throw fields.refuse("id2label", rule)
  const names = byId as Record<string, unknown>
  const labels = Object.keys(names).map((_, id) => names[id])
  const isName = (label: unknown, id: number) =>
    typeof label === "string" && label !== "" && labels.indexOf(label) === id
  if (labels.length === 0 || !labels.every(isName)) throw fields.refuse("id2label", rule)
  return labels as string[]
}

/**
 * A checkpoint's configuration, checked.
 *
 * @param json - the text of `config.json`
 * @param file - its name, for errors
 * @throws ValenceError `model_invalid`, naming file, field, rule and value
 */
export function readConfig(json: string, file: string): ModelConfig {
  const fields = new Fields(json, file)
  const architectures = fields.value("architectures")
  if (!Array.isArray(architectures) || !architectures.includes(ARCHITECTURE))
    throw fields.refuse("architectures", `[${JSON.stringify(ARCHITECTURE)}], the one that is supported`)
  const config = {
    vocabSize: fields.count("vocab_size", 1, 10_000_000),
    maxPositions: fields.count("max_position_embeddings", 2, 1_000_000),
    hiddenSize: fields.count("dim", 1, 100_000),
    layers: fields.count("n_layers", 1, 1000),
    heads: fields.count("n_heads", 1, 10_000),
    ffnSize: fields.count("hidden_dim", 1, 1_000_000),
    activation: fields.choice("activation", ["gelu", "relu"], "gelu"),
    layerNormEps: 1e-12,
    labels: labelsOf(fields),
    problemType: fields.choice(
      "problem_type",
      ["single_label_classification", "multi_label_classification"],
      "single_label_classification",
    ),
    padId: fields.value("pad_token_id") == null ? 0 : fields.count("pad_token_id", 0, 10_000_000),
  } as const
  if (config.padId >= config.vocabSize) throw fields.refuse("pad_token_id", `below vocab_size, ${config.vocabSize}`)
  if (config.hiddenSize % config.heads !== 0) throw fields.refuse("n_heads", `a divisor of dim, ${config.hiddenSize}`)
  return config
}
