import { ValenceError } from "../errors.ts"
import type { ModelConfig } from "../model/config.ts"
import type { StoredTensor } from "./safetensors.ts"

/** A linear layer, x W + b. */
export interface LinearWeights {
  readonly inputs: number
  readonly outputs: number
  /** Shape [inputs, outputs], row-major. */
  readonly weight: Float32Array
  /** One number an output; absent where it was folded away. */
  readonly bias: Float32Array | undefined
}

/** A layer norm: each token's channels to mean 0 and variance 1, then times gain plus offset. */
export interface NormWeights {
  readonly gain: Float32Array
  readonly offset: Float32Array
}

/** One transformer layer. */
export interface LayerWeights {
  readonly query: LinearWeights
  readonly key: LinearWeights
  readonly value: LinearWeights
  readonly attentionOut: LinearWeights
  readonly attentionNorm: NormWeights
  readonly expand: LinearWeights
  readonly contract: LinearWeights
  readonly outputNorm: NormWeights
}

/** What a graph is made of, whatever the names in the checkpoint. */
export interface ModelWeights {
  /** Shape [vocabSize, hiddenSize]. */
  readonly words: Float32Array
  /** Shape [maxPositions, hiddenSize]. */
  readonly positions: Float32Array
  readonly embeddingNorm: NormWeights
  readonly layers: readonly LayerWeights[]
  readonly preClassifier: LinearWeights
  readonly classifier: LinearWeights
}

/** Takes tensors out of a checkpoint by name and shape, and remembers what did not fit. */
class Adapter {
  readonly #tensors: ReadonlyMap<string, StoredTensor>
  readonly #taken = new Set<string>()
  readonly #problems: string[] = []

  constructor(tensors: ReadonlyMap<string, StoredTensor>) {
    this.#tensors = tensors
  }

  /** What is missing, misshapen or left over; empty where checkpoint and graph agree. */
  problems(): string[] {
    const leftOver = [...this.#tensors].filter(([name]) => !this.#taken.has(name))
    return [...this.#problems, ...leftOver.map(([name, { shape }]) => `${name} [${shape}] is unexpected`)]
  }

  tensor(name: string, shape: readonly number[]): Float32Array {
    const stored = this.#tensors.get(name)
    this.#taken.add(name)
    if (stored?.shape.join() === shape.join()) return stored.values()
    this.#problems.push(
      stored ? `${name} must have shape [${shape}], and has [${stored.shape}]` : `${name} [${shape}] is missing`,
    )
    return new Float32Array(0)
  }

  /** PyTorch keeps a linear layer's weight as [outputs, inputs]. */
  linear(name: string, inputs: number, outputs: number): LinearWeights {
    const weight = transposed(this.tensor(`${name}.weight`, [outputs, inputs]), outputs, inputs)
    return { inputs, outputs, weight, bias: this.tensor(`${name}.bias`, [outputs]) }
  }

  norm(name: string, channels: number): NormWeights {
    return { gain: this.tensor(`${name}.weight`, [channels]), offset: this.tensor(`${name}.bias`, [channels]) }
  }
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = matrix[row * columns + column] ?? Number.NaN
  return result
}

/**
 * The weights of a DistilBertForSequenceClassification, by the names that Hugging Face transformers gives them.
 *
 * @param file - the checkpoint's name, for errors
 * @throws ValenceError `model_invalid`, with the names and shapes of everything that is missing, misshapen or unexpected
 */
export function adaptWeights(
  tensors: ReadonlyMap<string, StoredTensor>,
  config: ModelConfig,
  file: string,
): ModelWeights {
  const { vocabSize, maxPositions, hiddenSize, ffnSize, labels } = config
  const checkpoint = new Adapter(tensors)
  const layer = (name: string): LayerWeights => ({
    query: checkpoint.linear(`${name}.attention.q_lin`, hiddenSize, hiddenSize),
    key: checkpoint.linear(`${name}.attention.k_lin`, hiddenSize, hiddenSize),
    value: checkpoint.linear(`${name}.attention.v_lin`, hiddenSize, hiddenSize),
    attentionOut: checkpoint.linear(`${name}.attention.out_lin`, hiddenSize, hiddenSize),
    attentionNorm: checkpoint.norm(`${name}.sa_layer_norm`, hiddenSize),
    expand: checkpoint.linear(`${name}.ffn.lin1`, hiddenSize, ffnSize),
    contract: checkpoint.linear(`${name}.ffn.lin2`, ffnSize, hiddenSize),
    outputNorm: checkpoint.norm(`${name}.output_layer_norm`, hiddenSize),
  })
  const weights: ModelWeights = {
    words: checkpoint.tensor("distilbert.embeddings.word_embeddings.weight", [vocabSize, hiddenSize]),
    positions: checkpoint.tensor("distilbert.embeddings.position_embeddings.weight", [maxPositions, hiddenSize]),
    embeddingNorm: checkpoint.norm("distilbert.embeddings.LayerNorm", hiddenSize),
    layers: Array.from({ length: config.layers }, (_, index) => layer(`distilbert.transformer.layer.${index}`)),
    preClassifier: checkpoint.linear("pre_classifier", hiddenSize, hiddenSize),
    classifier: checkpoint.linear("classifier", hiddenSize, labels.length),
  }
  const problems = checkpoint.problems()
  if (problems.length > 0)
    throw new ValenceError(
      "model_invalid",
      `${file} must hold the weights that its config tells of: ${listed(problems)}`,
    )
  return weights
}

function listed(problems: readonly string[]): string {
  const shown = problems.slice(0, 20)
  return `${shown.join("; ")}${problems.length > shown.length ? `; and ${problems.length - shown.length} more` : ""}`
}
