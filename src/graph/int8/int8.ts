import { ValenceError } from "../../errors.ts"
import type { Precision } from "../layers/layer-context.ts"
import { rowMajor } from "../layers/row-major.ts"
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import { elementType } from "../onnx/onnx-schema.ts"
import type { LinearWeights } from "../weights/weights.ts"
import { activationScale, quantiseColumns, quantiseRows } from "./quantise.ts"
import type { ActivationRange, Scales } from "./scales.ts"

/**
 * Linear layers as uint8 x int8 products with static scales, and an int8 embedding table with a scale a row.
 *
 * Static scales make what a token becomes independent of the rest of its micro-batch.
 *
 * @param scales - an entry for each value that a linear layer reads
 */
export function int8(scales: Pick<Scales, "activations" | "biasCorrections">): Precision {
  const codes = new Map<Value, Codes>()
  const codesOf = (graph: GraphBuilder, x: Value) => {
    const known = codes.get(x) ?? quantise(graph, x, rangeOf(scales, x))
    codes.set(x, known)
    return known
  }
  const product = (graph: GraphBuilder, name: string, x: Value, weights: LinearWeights) =>
    quantisedLinear(graph, name, codesOf(graph, x), weights, scales.biasCorrections[name])
  return {
    tokens: rowMajor,

    embed(graph, name, ids, table, channels) {
      const { values, scales: rowScales } = quantiseRows(table(), channels)
      const rows = rowScales.length
      const codes = graph.node(`${name}.codes`, "Gather", [
        graph.constant(`${name}.table`, values, [rows, channels]),
        ids,
      ])
      const scale = graph.node(`${name}.scale`, "Gather", [graph.constant(`${name}.scales`, rowScales, [rows, 1]), ids])
      return graph.node(name, "Mul", [graph.node(`${name}.float`, "Cast", [codes], { to: elementType.float32 }), scale])
    },

    linear: product,

    addLinear(graph, name, x, weights, residual) {
      return graph.node(`${name}.residual`, "Add", [product(graph, name, x, weights), residual])
    },
  }
}

/**
 * How a value is quantised.
 *
 * @throws ValenceError `model_invalid` if the scales do not say
 */
export function rangeOf({ activations }: Pick<Scales, "activations">, x: Value): ActivationRange {
  const range = activations[x]
  if (range) return range
  throw new ValenceError("model_invalid", `the scales must have an entry for ${x}; they have none`)
}

/** A value as uint8 codes, and what undoes them. */
interface Codes {
  readonly codes: Value
  readonly scale: Value
  readonly zeroPoint: Value
  readonly smoothing: Float32Array | undefined
}

function quantise(graph: GraphBuilder, x: Value, range: ActivationRange): Codes {
  const { scale, zeroPoint } = activationScale(range.low, range.high)
  const scaleValue = graph.constant(`${x}.codes.scale`, Float32Array.of(scale), [])
  const zero = graph.constant(`${x}.codes.zeroPoint`, Uint8Array.of(zeroPoint), [])
  const smoothing = range.smoothing && Float32Array.from(range.smoothing)
  const smoothed = smoothing
    ? graph.node(`${x}.smoothed`, "Mul", [
        x,
        graph.constant(
          `${x}.smoothing`,
          smoothing.map(factor => 1 / factor),
        ),
      ])
    : x
  return {
    codes: graph.node(`${x}.codes`, "QuantizeLinear", [smoothed, scaleValue, zero]),
    scale: scaleValue,
    zeroPoint: zero,
    smoothing,
  }
}

function quantisedLinear(
  graph: GraphBuilder,
  name: string,
  { codes, scale, zeroPoint, smoothing }: Codes,
  { weight, bias, inputs, outputs }: LinearWeights,
  correction: readonly number[] | undefined,
): Value {
  const { values, scales } = quantiseColumns(weight(), outputs, smoothing)
  const corrected = correction?.length ? Float32Array.from(correction, (added, i) => (bias?.[i] ?? 0) + added) : bias
  return graph.runtimeNode(name, "MatMulIntegerToFloat", [
    codes,
    graph.constant(`${name}.weight`, values, [inputs, outputs]),
    scale,
    graph.constant(`${name}.scales`, scales),
    zeroPoint,
    "",
    corrected ? graph.constant(`${name}.bias`, corrected) : "",
  ])
}
