import { floats } from "../layers/floats.ts"
import type { Precision } from "../layers/layer-context.ts"
import { timeMajor } from "../layers/time-major.ts"
import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"
import { elementType } from "../onnx/onnx-schema.ts"
import type { LinearWeights } from "../weights/weights.ts"
import { rangeOf } from "./int8.ts"
import { activationScale, quantiseColumns } from "./quantise.ts"
import type { ActivationRange, Scales } from "./scales.ts"

/**
 * What the linear layers of an int8 graph compute, in a graph of float64: products of codes are whole numbers, which every
 * CPU gets right, and all else differs between CPUs only in digits that no scale keeps.
 */
export function exactInt8(scales: Pick<Scales, "activations" | "biasCorrections">): Precision {
  const codes = new Map<Value, Value>()
  const product = (graph: GraphBuilder, name: string, x: Value, weights: LinearWeights) => {
    const range = rangeOf(scales, x)
    const known = codes.get(x) ?? codesOf(graph, x, range)
    codes.set(x, known)
    return exactLinear(graph, name, known, range, weights, scales.biasCorrections[name])
  }
  return {
    tokens: timeMajor(false),
    embed: floats.embed,
    linear: product,
    addLinear(graph, name, x, weights, residual) {
      return graph.node(`${name}.residual`, "Add", [product(graph, name, x, weights), residual])
    },
  }
}

function codesOf(graph: GraphBuilder, x: Value, { low, high, smoothing = [1] }: ActivationRange): Value {
  const { scale, zeroPoint } = activationScale(low, high)
  const steps = graph.constant(
    `${x}.steps`,
    Float64Array.from(smoothing, factor => factor * scale),
  )
  const rounded = graph.node(`${x}.rounded`, "Round", [graph.node(`${x}.inSteps`, "Div", [x, steps])])
  const moved = graph.node(`${x}.moved`, "Add", [rounded, graph.scalar(zeroPoint)])
  const clipped = graph.node(`${x}.clipped`, "Clip", [moved, graph.scalar(0), graph.scalar(255)])
  return graph.node(`${x}.codes`, "Cast", [clipped], { to: elementType.uint8 })
}

function exactLinear(
  graph: GraphBuilder,
  name: string,
  codes: Value,
  { low, high, smoothing }: ActivationRange,
  { weight, bias, inputs, outputs }: LinearWeights,
  correction: readonly number[] | undefined,
): Value {
  const { scale, zeroPoint } = activationScale(low, high)
  const { values, scales } = quantiseColumns(weight(), outputs, smoothing && Float32Array.from(smoothing))
  const sums = graph.node(`${name}.sums`, "MatMulInteger", [
    codes,
    graph.constant(`${name}.weight`, values, [inputs, outputs]),
    graph.constant(`${name}.zeroPoint`, Uint8Array.of(zeroPoint), []),
  ])
  const product = graph.node(`${name}.product`, "Mul", [
    graph.node(`${name}.sums.float`, "Cast", [sums], { to: elementType.float64 }),
    graph.constant(
      `${name}.steps`,
      Float64Array.from(scales, step => step * scale),
    ),
  ])
  const added = Float64Array.from({ length: outputs }, (_, i) => (bias?.[i] ?? 0) + (correction?.[i] ?? 0))
  return graph.node(name, "Add", [product, graph.constant(`${name}.bias`, added)])
}
