import { GraphBuilder, type Value } from "../../src/graph/onnx/graph-builder.ts"
import type { LinearWeights, ModelWeights, NormWeights } from "../../src/graph/weights/weights.ts"
import type { ModelConfig } from "../../src/model/config.ts"

/** How an export differs from the usual one. */
export interface Export {
  readonly type?: "int64" | "int32" | "float32"
  /** Besides input_ids and attention_mask; a graph that has one takes it in without using it. */
  readonly more?: readonly string[]
  readonly without?: "attention_mask"
  readonly output?: string
}

/**
 * A checkpoint's graph as Optimum and torch.onnx lay one out: ids and mask are int64, activations [rows, tokens, hidden
 * size], nothing is fused or folded.
 */
export function exportedGraph(config: ModelConfig, weights: ModelWeights, how: Export = {}): Uint8Array {
  const { type = "int64", more = [], without, output = "logits" } = how
  const graph = new GraphBuilder()
  const input = (name: string) => graph.input(name, type, ["batch_size", "sequence_length"])
  const ids = asIndices(graph, input("input_ids"))
  const mask = without === "attention_mask" ? undefined : input("attention_mask")
  for (const name of more) input(name)
  let x = embedded(graph, config, weights, ids)
  const masked = mask === undefined ? graph.scalar(0) : maskBias(graph, mask)
  weights.layers.forEach((layer, index) => {
    const name = `layer.${index}`
    const split = (part: string, linear: LinearWeights) => heads(graph, config, part, dense(graph, part, x, linear))
    const query = split(`${name}.q`, layer.query)
    const key = graph.node(`${name}.kt`, "Transpose", [split(`${name}.k`, layer.key)], { perm: [0, 1, 3, 2] })
    const scale = graph.scalar(1 / Math.sqrt(config.hiddenSize / config.heads))
    const products = graph.node(`${name}.qk`, "Mul", [graph.node(`${name}.qkt`, "MatMul", [query, key]), scale])
    const shares = graph.node(`${name}.softmax`, "Softmax", [graph.node(`${name}.masked`, "Add", [products, masked])], {
      axis: 3,
    })
    const read = graph.node(`${name}.read`, "MatMul", [shares, split(`${name}.v`, layer.value)])
    const joined = graph.node(`${name}.back`, "Transpose", [read], { perm: [0, 2, 1, 3] })
    const context = graph.node(`${name}.context`, "Reshape", [joined, graph.indices(0, 0, config.hiddenSize)])
    x = addAndNorm(
      graph,
      `${name}.sa`,
      x,
      dense(graph, `${name}.out`, context, layer.attentionOut),
      layer.attentionNorm,
    )
    const wide = gelu(graph, `${name}.gelu`, dense(graph, `${name}.lin1`, x, layer.expand))
    x = addAndNorm(graph, `${name}.ffn`, x, dense(graph, `${name}.lin2`, wide, layer.contract), layer.outputNorm)
  })
  const first = graph.constant("first", BigInt64Array.of(0n), [])
  const pooled = graph.node("pooled", "Gather", [x, first], { axis: 1 })
  const hidden = graph.node("hidden", "Relu", [dense(graph, "pre_classifier", pooled, weights.preClassifier)])
  graph.node(output, "Identity", [dense(graph, "classifier", hidden, weights.classifier)])
  graph.output(output, "float32", ["batch_size", config.labels.length])
  return graph.encode({ name: "export", producerVersion: "" })
}

/** ONNX's number of the type int64. */
const int64 = 7
/** ONNX's number of the type float32. */
const float32 = 1

const asIndices = (graph: GraphBuilder, ids: Value) => graph.node("ids", "Cast", [ids], { to: int64 })

function embedded(graph: GraphBuilder, config: ModelConfig, weights: ModelWeights, ids: Value): Value {
  const { vocabSize, maxPositions, hiddenSize } = config
  const words = graph.node("words", "Gather", [graph.constant("table", weights.words(), [vocabSize, hiddenSize]), ids])
  const tokens = graph.node("tokens", "Gather", [graph.node("shape", "Shape", [ids]), graph.indices(1)])
  const table = graph.constant("positions", weights.positions(), [maxPositions, hiddenSize])
  const positions = graph.node("used", "Slice", [table, graph.indices(0), tokens, graph.indices(0)])
  return addAndNorm(graph, "embeddings", words, positions, weights.embeddingNorm)
}

/** 0 for a token, and so little for padding that nothing attends to it. */
function maskBias(graph: GraphBuilder, mask: Value): Value {
  const floats = graph.node("mask.floats", "Cast", [mask], { to: float32 })
  const wide = graph.node("mask.wide", "Unsqueeze", [floats, graph.indices(1, 2)])
  const missing = graph.node("mask.missing", "Sub", [graph.scalar(1), wide])
  return graph.node("mask.bias", "Mul", [missing, graph.scalar(-1e9)])
}

function dense(graph: GraphBuilder, name: string, x: Value, { inputs, outputs, weight, bias }: LinearWeights): Value {
  const product = graph.node(`${name}.matmul`, "MatMul", [
    x,
    graph.constant(`${name}.weight`, weight(), [inputs, outputs]),
  ])
  return graph.node(name, "Add", [product, graph.constant(`${name}.bias`, bias ?? new Float32Array(outputs))])
}

function heads(graph: GraphBuilder, { hiddenSize, heads }: ModelConfig, name: string, x: Value): Value {
  const cut = graph.node(`${name}.cut`, "Reshape", [x, graph.indices(0, 0, heads, hiddenSize / heads)])
  return graph.node(`${name}.heads`, "Transpose", [cut], { perm: [0, 2, 1, 3] })
}

function addAndNorm(graph: GraphBuilder, name: string, x: Value, added: Value, { gain, offset }: NormWeights): Value {
  const sum = graph.node(`${name}.sum`, "Add", [x, added])
  const inputs = [sum, graph.constant(`${name}.gain`, gain), graph.constant(`${name}.offset`, offset)]
  return graph.node(`${name}.norm`, "LayerNormalization", inputs, { axis: -1, epsilon: { float: 1e-12 } })
}

function gelu(graph: GraphBuilder, name: string, x: Value): Value {
  const erf = graph.node(`${name}.erf`, "Erf", [graph.node(`${name}.scaled`, "Mul", [x, graph.scalar(Math.SQRT1_2)])])
  const share = graph.node(`${name}.share`, "Add", [erf, graph.scalar(1)])
  return graph.node(name, "Mul", [graph.node(`${name}.half`, "Mul", [x, graph.scalar(0.5)]), share])
}
