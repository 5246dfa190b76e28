import type { ModelConfig } from "../../model/config.ts"
import { microBatch, padded } from "../../model/micro-batch.ts"
import { Tensor } from "../../model/runtime/onnx-runtime.ts"
import { floats } from "../layers/floats.ts"
import { foldAttention } from "../layers/fold.ts"
import type { LayerContext, Precision, TokenLayout } from "../layers/layer-context.ts"
import { timeMajor } from "../layers/time-major.ts"
import { addEmbeddings, addHead, addLayer } from "../layers/transformer.ts"
import { GraphBuilder, type Value } from "../onnx/graph-builder.ts"
import { openGraph } from "../onnx/open-graph.ts"
import type { LayerWeights, LinearWeights, ModelWeights } from "../weights/weights.ts"
import { exactInt8 } from "./exact-int8.ts"
import { prepareInt8 } from "./prepare-int8.ts"
import { quantiseRows } from "./quantise.ts"
import type { Scales } from "./scales.ts"

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
export interface ActivationWatcher {
  /** Sees what linear layers read: float64, shape [tokens, channels], of some texts; stage by stage. */
  see(reading: Reading, activations: Float64Array): void
  /** Called once all texts went through a stage. */
  ran(stage: Stage): Promise<void>
}

/** Tokens that run at once, or one longer text. */
const GROUP_TOKENS = 512

/** Where the embedded words of a text come into the graph of the embeddings. */
const WORDS = "embeddings.words"

/** A model to run: its weights, and how its linear layers are computed. */
interface Running {
  readonly config: ModelConfig
  /** After `foldAttention`. */
  readonly weights: ModelWeights
  readonly linears: Precision
  readonly watcher?: ActivationWatcher | undefined
}

/**
 * Runs texts through the model that other graphs stand for, layer by layer: all texts through the first, then all through
 * the second, so that one layer's weights are in memory at a time. It computes in float64: what one kind of CPU computes
 * differs from another's in digits that no scale and no score keeps.
 *
 * @param weights - as the checkpoint has them
 * @param encodings - token ids, one array a text
 * @returns each text's logits, rounded to float32
 */
export function runReference(
  config: ModelConfig,
  weights: ModelWeights,
  encodings: readonly Int32Array[],
  watcher?: ActivationWatcher,
): Promise<Float32Array[]> {
  return run({ config, weights: foldAttention(weights, config), linears: floats, watcher }, encodings)
}

/** `runReference` of what the int8 graph stands for: its codes, and all else in float64. */
export function runInt8Reference(
  config: ModelConfig,
  weights: ModelWeights,
  scales: Scales,
  encodings: readonly Int32Array[],
): Promise<Float32Array[]> {
  const prepared = prepareInt8(config, weights, scales)
  const words = () => {
    const { values, scales } = quantiseRows(weights.words(), config.embeddingSize)
    return Float32Array.from(values, (code, i) => code * (scales[Math.floor(i / config.embeddingSize)] ?? 1))
  }
  return run({ config, weights: { ...prepared.weights, words }, linears: exactInt8(prepared.scales) }, encodings)
}

async function run(running: Running, encodings: readonly Int32Array[]): Promise<Float32Array[]> {
  const { config, weights } = running
  const embeddings: StageGraph = {
    layer: undefined,
    input: { name: WORDS, dims: ["longest", "rows", config.embeddingSize] },
    add: (model, tokens) => addEmbeddings(model, tokens, weights),
  }
  const groups = groupsOf(encodings)
  let previous = await runStage(running, embeddings, groups, embeddedWords(config, weights, groups))
  for (const [index, layer] of weights.layers.entries()) {
    const stage: StageGraph = {
      layer: { index, weights: layer },
      input: { name: previous.output, dims: ["tokens", config.hiddenSize] },
      add(model, tokens, x) {
        const output = addLayer(model, tokens, weights, index, x)
        if (index < weights.layers.length - 1) return output
        addHead(model, output, weights)
        return "logits"
      },
    }
    previous = await runStage(running, stage, groups, previous.activations)
  }
  return textByText(groups, previous.activations, config.labels.length)
}

interface StageGraph {
  readonly layer: Stage["layer"]
  readonly input: { readonly name: Value; readonly dims: readonly (number | string)[] }
  /** Adds the stage's nodes, and names its output. */
  add(model: LayerContext, tokens: TokenLayout, input: Value): Value
}

async function runStage(
  { config, linears, watcher }: Running,
  { layer, input, add }: StageGraph,
  groups: readonly Group[],
  activations: readonly Float64Array[],
) {
  const graph = new GraphBuilder("float64")
  const { readings, precision } = noting(linears)
  const model = { graph, config, precision }
  const output = add(model, precision.tokens(model), graph.input(input.name, "float64", input.dims))
  const seen = [...readings.values()]
  const shown = watcher ? seen.filter(({ value }) => value !== input.name && value !== output) : []
  for (const { value, channels } of shown) graph.output(value, "float64", [`${value}.tokens`, channels])
  if (output !== "logits") graph.output(output, "float64", ["tokens", config.hiddenSize])
  const session = await openGraph(graph.encode({ name: "stage", producerVersion: "" }))
  const outputs: Float64Array[] = []
  for (const [index, { encodings }] of groups.entries()) {
    const x = activations[index] ?? new Float64Array()
    const batch = microBatch(encodings, 0)
    const { rows, longest } = batch
    const { inputIds, attentionMask } = padded(batch)
    const sizes: Readonly<Record<string, number>> = { rows, longest, tokens: rows * longest }
    const dims = input.dims.map(dim => (typeof dim === "string" ? (sizes[dim] ?? 0) : dim))
    const results = await session.run({
      input_ids: new Tensor("int32", inputIds, [rows, longest]),
      attention_mask: new Tensor("int32", attentionMask, [rows, longest]),
      [input.name]: new Tensor("float64", x, dims),
    })
    for (const reading of watcher ? seen : [])
      watcher?.see(reading, reading.value === input.name ? x : (results[reading.value]?.data as Float64Array))
    outputs.push(Float64Array.from(results[output]?.data as Float64Array | Float32Array))
  }
  await session.release()
  await watcher?.ran({ readings: seen, layer })
  return { output, activations: outputs }
}

/** The precision of the model as it is written down, embedded words an input, that notes which layer reads what. */
function noting(linears: Precision) {
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
      return linears.linear(graph, name, x, linear)
    },
    addLinear(graph, name, x, linear, residual) {
      note(x, name, linear)
      return linears.addLinear(graph, name, x, linear, residual)
    },
  }
  return { readings: readings as ReadonlyMap<Value, Reading>, precision }
}

/** Texts with the same number of tokens, which run together without padding. */
interface Group {
  /** Where each is among all texts. */
  readonly texts: readonly number[]
  readonly encodings: readonly Int32Array[]
}

/** All texts, the shortest first, in groups of as many tokens as make products of matrices fast. */
function groupsOf(encodings: readonly Int32Array[]): Group[] {
  const groups: { length: number; texts: number[]; encodings: Int32Array[] }[] = []
  const lengthOf = (text: number) => encodings[text]?.length ?? 0
  for (const text of [...encodings.keys()].sort((a, b) => lengthOf(a) - lengthOf(b))) {
    const length = lengthOf(text)
    let last = groups.at(-1)
    if (last?.length !== length || (last.texts.length + 1) * length > GROUP_TOKENS) {
      last = { length, texts: [], encodings: [] }
      groups.push(last)
    }
    last.texts.push(text)
    last.encodings.push(encodings[text] as Int32Array)
  }
  return groups
}

/** The rows of the embedding table that texts take: float64, shape [longest, rows, embeddingSize], of each group. */
function embeddedWords(
  { embeddingSize }: ModelConfig,
  weights: ModelWeights,
  groups: readonly Group[],
): Float64Array[] {
  const table = weights.words()
  return groups.map(({ encodings }) => {
    const rows = encodings.length
    const words = new Float64Array(rows * (encodings[0]?.length ?? 0) * embeddingSize)
    encodings.forEach((inputIds, row) => {
      inputIds.forEach((id, token) => {
        words.set(table.subarray(id * embeddingSize, (id + 1) * embeddingSize), (token * rows + row) * embeddingSize)
      })
    })
    return words
  })
}

/** Logits of groups as logits of texts, in the order in which these were given. */
function textByText(groups: readonly Group[], logits: readonly Float64Array[], labels: number): Float32Array[] {
  const all: Float32Array[] = []
  for (const [index, { texts }] of groups.entries())
    texts.forEach((text, row) => {
      all[text] = Float32Array.from(logits[index]?.subarray(row * labels, (row + 1) * labels) ?? [])
    })
  return all
}
