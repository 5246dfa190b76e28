import type { GraphBuilder, Value } from "../onnx/graph-builder.ts"

/**
 * Coefficients of erfc(z) = t exp(-z^2 + c0 + t (c1 + t (c2 + ...))) with t = 1 / (1 + z / 2), for z of 0 or more, within
 * 1.2e-7 of its value. (Press, Teukolsky, Vetterling, Flannery: Numerical Recipes in C, 1992, section 6.2.)
 */
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
] as const

/** x times the share of the normal distribution below x. */
export function gelu(graph: GraphBuilder, name: string, x: Value): Value {
  return graph.floats === "float64" ? basicGelu(graph, name, x) : graph.runtimeNode(name, "Gelu", [x])
}

/**
 * GELU from basic operators, because ONNX Runtime has no erf in float64: gelu(x) = max(x, 0) - |x| erfc(|x| / sqrt(2)) / 2.
 */
function basicGelu(graph: GraphBuilder, name: string, x: Value): Value {
  const of = (part: string, operator: string, ...inputs: Value[]) => graph.node(`${name}.${part}`, operator, inputs)
  const size = of("size", "Abs", x)
  const z = of("z", "Mul", size, graph.scalar(Math.SQRT1_2))
  const t = of("t", "Reciprocal", of("t.inverse", "Add", of("t.half", "Mul", z, graph.scalar(0.5)), graph.scalar(1)))
  const polynomial = ERFC.reduceRight(
    (sum, coefficient, i) => of(`sum.${i}`, "Add", of(`times.${i}`, "Mul", sum, t), graph.scalar(coefficient)),
    graph.scalar(0),
  )
  const power = of("power", "Exp", of("exponent", "Sub", polynomial, of("square", "Mul", z, z)))
  const tail = of("tail", "Mul", of("tail.half", "Mul", t, graph.scalar(0.5)), power)
  return graph.node(name, "Sub", [of("positive", "Relu", x), of("below", "Mul", size, tail)])
}
