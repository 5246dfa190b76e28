import { ValenceError } from "../../errors.ts"
import type { ModelConfig } from "../../model/config.ts"
import { isFloatType } from "../onnx/float-types.ts"
import type { StoredTensor } from "./safetensors.ts"
import type { LayerWeights, LinearWeights, ModelWeights, NormWeights } from "./weights.ts"

/** Takes tensors out of a checkpoint by name and shape, and remembers what did not fit. */
class Adapter {
  readonly #tensors: ReadonlyMap<string, StoredTensor>
  readonly #taken = new Set<string>()
  readonly #problems: string[] = []

  constructor(tensors: ReadonlyMap<string, StoredTensor>) {
    this.#tensors = tensors
  }

  /** What is missing, misshapen or left over; empty where checkpoint and graph agree. */
  problems(unread: readonly RegExp[]): string[] {
    const leftOver = [...this.#tensors].filter(
      ([name]) => !this.#taken.has(name) && !unread.some(pattern => pattern.test(name)),
    )
    return [...this.#problems, ...leftOver.map(([name, { shape }]) => `${name} [${shape}] is unexpected`)]
  }

  /** A tensor's values, to be read later. */
  tensor(name: string, shape: readonly number[]): () => Float32Array {
    const stored = this.#tensors.get(name)
    this.#taken.add(name)
    const problem = problemOf(stored, shape)
    if (problem) this.#problems.push(`${name} ${problem}`)
    return () => stored?.values() ?? new Float32Array(0)
  }

  vector(name: string, length: number): Float32Array {
    const problemsBefore = this.#problems.length
    const values = this.tensor(name, [length])
    return this.#problems.length > problemsBefore ? new Float32Array(0) : values()
  }

  /** PyTorch keeps a linear layer's weight as [outputs, inputs]. */
  linear(name: string, inputs: number, outputs: number): LinearWeights {
    const stored = this.tensor(`${name}.weight`, [outputs, inputs])
    const bias = this.vector(`${name}.bias`, outputs)
    return { inputs, outputs, weight: () => transposed(stored(), outputs, inputs), bias }
  }

  /** Checkpoints that were converted from TensorFlow call gain and offset gamma and beta. */
  norm(name: string, channels: number): NormWeights {
    const [gain, offset] = this.#tensors.has(`${name}.gamma`) ? ["gamma", "beta"] : ["weight", "bias"]
    return { gain: this.vector(`${name}.${gain}`, channels), offset: this.vector(`${name}.${offset}`, channels) }
  }
}

function problemOf(stored: StoredTensor | undefined, shape: readonly number[]): string | undefined {
  if (stored === undefined) return `[${shape}] is missing`
  if (stored.shape.join() !== shape.join()) return `must have shape [${shape}], and has [${stored.shape}]`
  return isFloatType(stored.dtype) ? undefined : `must be F32, F16 or BF16, and is ${stored.dtype}`
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = matrix[row * columns + column] ?? Number.NaN
  return result
}

/**
 * The weights of a checkpoint, by the names that its family gives them.
 *
 * @param file - the checkpoint's name, for errors
 * @throws ValenceError `model_invalid`, with the names and shapes of everything that is missing, misshapen or unexpected
 */
export function adaptWeights(
  tensors: ReadonlyMap<string, StoredTensor>,
  config: ModelConfig,
  file: string,
): ModelWeights {
  const { hiddenSize, embeddingSize, labels, vocabSize } = config
  const { tensors: names } = config.family
  const checkpoint = new Adapter(tensors)
  const weights: ModelWeights = {
    words: checkpoint.tensor(`${names.words}.weight`, [vocabSize, embeddingSize]),
    positions: positions(checkpoint, config),
    embeddingNorm: checkpoint.norm(names.embeddingNorm, embeddingSize),
    embeddingProjection:
      embeddingSize === hiddenSize
        ? undefined
        : checkpoint.linear(names.embeddingProjection, embeddingSize, hiddenSize),
    layers: Array.from({ length: config.layers }, (_, index) => layer(checkpoint, config, index)),
    preClassifier: checkpoint.linear(names.preClassifier, hiddenSize, hiddenSize),
    classifier: checkpoint.linear(names.classifier, hiddenSize, labels.length),
  }
  const problems = checkpoint.problems(names.unread)
  if (problems.length > 0)
    throw new ValenceError("model_invalid", `${file} must hold the weights that its config names: ${listed(problems)}`)
  return weights
}

/** All tokens of a single text have the first token type, so every position carries its embedding. */
function positions(checkpoint: Adapter, config: ModelConfig): () => Float32Array {
  const { positionsBefore, maxPositions, tokenTypes, embeddingSize, family } = config
  const { positions, tokenTypes: typesName } = family.tensors
  const table = checkpoint.tensor(`${positions}.weight`, [positionsBefore + maxPositions, embeddingSize])
  if (typesName === undefined) return table
  const types = checkpoint.tensor(`${typesName}.weight`, [tokenTypes, embeddingSize])
  return () => {
    const first = types()
    return table().map((value, i) => value + (first[i % embeddingSize] ?? 0))
  }
}

function layer(checkpoint: Adapter, { hiddenSize, ffnSize, family }: ModelConfig, index: number): LayerWeights {
  const names = family.tensors.layer(index)
  return {
    query: checkpoint.linear(names.query, hiddenSize, hiddenSize),
    key: checkpoint.linear(names.key, hiddenSize, hiddenSize),
    value: checkpoint.linear(names.value, hiddenSize, hiddenSize),
    attentionOut: checkpoint.linear(names.attentionOut, hiddenSize, hiddenSize),
    attentionNorm: checkpoint.norm(names.attentionNorm, hiddenSize),
    expand: checkpoint.linear(names.expand, hiddenSize, ffnSize),
    contract: checkpoint.linear(names.contract, ffnSize, hiddenSize),
    outputNorm: checkpoint.norm(names.outputNorm, hiddenSize),
  }
}

function listed(problems: readonly string[]): string {
  const shown = problems.slice(0, 20)
  return `${shown.join("; ")}${problems.length > shown.length ? `; and ${problems.length - shown.length} more` : ""}`
}
