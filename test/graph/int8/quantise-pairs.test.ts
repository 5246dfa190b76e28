import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { quantiseColumns } from "../../../src/graph/int8/quantise.ts"
import { quantisePairs } from "../../../src/graph/int8/quantise-pairs.ts"
import { GraphBuilder } from "../../../src/graph/onnx/graph-builder.ts"
import { InferenceSession, Tensor } from "../../../src/model/runtime/onnx-runtime.ts"

const weights = fc.float64Array({ minLength: 1, maxLength: 40, noNaN: true, noDefaultInfinity: true, min: -8, max: 8 })

describe("quantisePairs", () => {
  it("gives neighbours codes that add up to 128 at most, and is off by about half a step", () => {
    fc.assert(
      fc.property(weights, given => {
        const { codes, scale } = quantisePairs(given)
        for (let i = 0; i < codes.length; i += 2)
          expect(Math.abs((codes[i] ?? 0) + (codes[i + 1] ?? 0))).toBeLessThanOrEqual(128)
        given.forEach((value, i) => {
          expect(Math.abs(codes[i] ?? NaN)).toBeLessThanOrEqual(127)
          expect(Math.abs((codes[i] ?? NaN) - value / scale)).toBeLessThanOrEqual(0.5001)
        })
      }),
    )
  })

  it.each([
    { what: "neighbours of one sign share 128", given: [100, 28], codes: [100, 28] },
    { what: "also negative ones", given: [-96, -32, -3, 5], codes: [-96, -32, -3, 5] },
    { what: "neighbours of different signs take 127 each", given: [127, -127], codes: [127, -127] },
    { what: "so do those that are no neighbours", given: [0, 127, 127, 0], codes: [0, 127, 127, 0] },
    { what: "the last one of an odd number has no neighbour", given: [1, 1, 127], codes: [1, 1, 127] },
    { what: "two that round up to 129", given: [64.5, 63.5], codes: [65, 63] },
    { what: "zeros", given: [0, 0, 0], codes: [0, 0, 0] },
  ])("$what: $given", ({ given, codes }) => {
    const got = quantisePairs(Float64Array.from(given))
    expect([...got.codes]).toEqual(codes)
    expect(got.scale).toBe(1)
  })
})

describe("quantisePairs of weights that float32 hardly holds", () => {
  it("keeps to the limits", () => {
    const { codes, scale } = quantisePairs(Float64Array.of(2e-43, 2e-43, -1e-42, 1e-42))
    expect([...codes]).toEqual([0, 0, 0, 0])
    expect(scale).toBe(2 ** -126)
    expect([...quantisePairs(Float64Array.of(2 ** -120, 2 ** -120)).codes]).toEqual([64, 64])
  })
})

describe("a product of uint8 and the codes of quantiseColumns", () => {
  const shapes = [1, 2, 3, 7, 16, 65].flatMap(rows =>
    [1, 7, 16, 33, 384].flatMap(inputs => [1, 5, 16, 48].map(outputs => [rows, inputs, outputs] as const)),
  )

  it("is the exact one on this CPU, whatever the shape and however large the codes", async () => {
    for (const [rows, inputs, outputs] of shapes) {
      // All activations are as large as they get, and neighbours have weights of the same sign.
      const x = new Uint8Array(rows * inputs).fill(255)
      const matrix = Float32Array.from(
        { length: inputs * outputs },
        (_, i) => (1 + ((i * 7919) % 101)) * (Math.floor(i / outputs) % 4 < 2 ? 1 : -1),
      )
      const { values } = quantiseColumns(matrix, outputs)
      const got = await productOf(x, values, [rows, inputs, outputs])
      const expected = Array.from({ length: rows * outputs }, (_, i) => {
        let sum = 0
        for (let input = 0; input < inputs; input++) sum += 255 * (values[input * outputs + (i % outputs)] ?? 0)
        return sum
      })
      expect(got, `${rows} x ${inputs} by ${inputs} x ${outputs}`).toEqual(expected)
    }
  })
})

/** Through the operator of the int8 graph, whose floats hold sums of this size exactly. */
async function productOf(x: Uint8Array, weight: Int8Array, [rows, inputs, outputs]: readonly [number, number, number]) {
  const graph = new GraphBuilder()
  graph.input("x", "uint8", ["rows", inputs])
  graph.runtimeNode("y", "MatMulIntegerToFloat", [
    "x",
    graph.constant("weight", weight, [inputs, outputs]),
    graph.constant("scale", Float32Array.of(1), []),
    graph.constant("scales", new Float32Array(outputs).fill(1)),
    graph.constant("zeroPoint", Uint8Array.of(0), []),
    "",
    "",
  ])
  graph.output("y", "float32", ["rows", outputs])
  const session = await InferenceSession.create(graph.encode({ name: "product", producerVersion: "" }))
  const { y } = await session.run({ x: new Tensor("uint8", x, [rows, inputs]) })
  await session.release()
  return Array.from(y?.data as Float32Array)
}
