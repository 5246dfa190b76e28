import type { ModelConfig } from "../model/config.ts"
import { padded } from "../model/micro-batch.ts"
import { InferenceSession, Tensor } from "../model/onnx-runtime.ts"
import { floats } from "./floats.ts"
import { foldAttention } from "./fold.ts"
import { GraphBuilder, type Value } from "./graph-builder.ts"
import type { Precision } from "./precision.ts"
import { timeMajor } from "./time-major.ts"
import type { Model, Tokens } from "./tokens.ts"
import { addEmbeddings, addHead, addLayer } from "./transformer.ts"
import type { LayerWeights, LinearWeights, ModelWeights } from "./weights.ts"

/** A value that linear layers read, and those layers by name. */
export interface Reading {
  readonly value: Value
  readonly channels: number
  readonly readers: ReadonlyMap<string, LinearWeights>
}

/** A part of the model that has run over all texts: the embeddings, or one layer. */
export interface Stage {
  /** What its linear layers read. */
  readonly readings: readonly Reading[]
  /** Its layer, as its readers are part of it; `undefined` of the embeddings. */
  readonly layer: { readonly index: number; readonly weights: LayerWeights } | undefined
}

/** Who watches the model run. */
export interface Watcher {
  /** Sees what linear layers read: float32, shape [tokens, channels], of one text; stage by stage, text by text. */
  see(reading: Reading, activations: Float32Array): void
  /** Called once all texts went through a stage. */
  ran(stage: Stage): Promise<void>
}

/** Where the embedded words of a text come into the graph of the embeddings. */
const WORDS = "embeddings.words"

/**
 * Runs texts through the float32 model that other graphs stand for, layer by layer: all texts through the first, then all
 * through the second, so that one layer's weights are in memory at a time.
 *
 * @param weights - as the checkpoint has them
 * @param encodings - token ids, one array a text
 * @returns each text's logits
 */
export async function runReference(
  config: ModelConfig,
  weights: ModelWeights,
  encodings: readonly Int32Array[],
  watcher?: Watcher,
): Promise<Float32Array[]> {
  const folded = foldAttention(weights, config)
  const embeddings: StageGraph = {
    layer: undefined,
    input: { name: WORDS, dims: ["longest", "rows", config.embeddingSize] },
    add: (model, tokens) => addEmbeddings(model, tokens, folded),
  }
  const words = embeddedWords(config, weights, encodings)
  let previous = await runStage(config, embeddings, encodings, words, watcher)
  for (const [index, layer] of folded.layers.entries()) {
    const stage: StageGraph = {
      layer: { index, weights: layer },
      input: { name: previous.output, dims: ["tokens", config.hiddenSize] },
      add(model, tokens, x) {
        const output = addLayer(model, tokens, folded, index, x)
        if (index < folded.layers.length - 1) return output
        addHead(model, output, folded)
        return "logits"
      },
    }
    previous = await runStage(config, stage, encodings, previous.activations, watcher)
  }
  return previous.activations
}

interface StageGraph {
  readonly layer: Stage["layer"]
  readonly input: { readonly name: Value; readonly dims: readonly (number | string)[] }
  /** Adds the stage's nodes, and names its output. */
  add(model: Model, tokens: Tokens, input: Value): Value
}

async function runStage(
  config: ModelConfig,
  { layer, input, add }: StageGraph,
  encodings: readonly Int32Array[],
  activations: readonly Float32Array[],
  watcher: Watcher | undefined,
) {
  const graph = new GraphBuilder()
  const { readings, precision } = noting()
  const model = { graph, config, precision }
  const output = add(model, precision.tokens(model), graph.input(input.name, "float32", input.dims))
  const seen = [...readings.values()]
  const shown = watcher ? seen.filter(({ value }) => value !== input.name && value !== output) : []
  for (const { value, channels } of shown) graph.output(value, "float32", [`${value}.tokens`, channels])
  if (output !== "logits") graph.output(output, "float32", ["tokens", config.hiddenSize])
  const session = await InferenceSession.create(graph.encode({ name: "stage", producerVersion: "" }))
  const outputs: Float32Array[] = []
  for (const [text, inputIds] of encodings.entries()) {
    const x = activations[text] ?? new Float32Array()
    const dims = input.dims.map(dim => (dim === "rows" ? 1 : typeof dim === "string" ? inputIds.length : dim))
    const alone = [1, inputIds.length]
    const { attentionMask } = padded([inputIds], 0)
    const results = await session.run({
      input_ids: new Tensor("int32", inputIds, alone),
      attention_mask: new Tensor("int32", attentionMask, alone),
      [input.name]: new Tensor("float32", x, dims),
    })
    for (const reading of watcher ? seen : [])
      watcher?.see(reading, reading.value === input.name ? x : (results[reading.value]?.data as Float32Array))
    outputs.push(results[output]?.data as Float32Array)
  }
  await session.release()
  await watcher?.ran({ readings: seen, layer })
  return { output, activations: outputs }
}

/** The precision of the float32 model as it is written down, embedded words an input, that notes which layer reads what. */
function noting() {
  const readings = new Map<Value, { value: Value; channels: number; readers: Map<string, LinearWeights> }>()
  const note = (value: Value, name: string, linear: LinearWeights) => {
    const reading = readings.get(value) ?? { value, channels: linear.inputs, readers: new Map() }
    readings.set(value, reading)
    reading.readers.set(name, linear)
  }
  const precision: Precision = {
    tokens: timeMajor(false),
    embed: () => WORDS,
    linear(graph, name, x, linear) {
      note(x, name, linear)
      return floats.linear(graph, name, x, linear)
    },
    addLinear(graph, name, x, linear, residual) {
      note(x, name, linear)
      return floats.addLinear(graph, name, x, linear, residual)
    },
  }
  return { readings: readings as ReadonlyMap<Value, Reading>, precision }
}

/** The rows of the embedding table that texts take: float32, shape [tokens, embeddingSize], of each text. */
function embeddedWords(
  { embeddingSize }: ModelConfig,
  weights: ModelWeights,
  encodings: readonly Int32Array[],
): Float32Array[] {
  const table = weights.words()
  return encodings.map(inputIds => {
    const words = new Float32Array(inputIds.length * embeddingSize)
    inputIds.forEach((id, token) => {
      words.set(table.subarray(id * embeddingSize, (id + 1) * embeddingSize), token * embeddingSize)
    })
    return words
  })
}
