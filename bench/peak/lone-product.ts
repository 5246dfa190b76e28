import { GraphBuilder, type Value } from "../../src/graph/onnx/graph-builder.ts"
import { InferenceSession, Tensor } from "../../src/model/runtime/onnx-runtime.ts"
import { sessionOptions } from "./session-options.ts"

/** The operators of linear layers: those of `src/graph/int8/int8.ts` and `src/graph/layers/floats.ts`. */
export const linearOperators = { int8: "MatMulIntegerToFloat", fp32: "Gemm" } as const

/** Sizes of a linear layer's weight. */
export interface WeightShape {
  readonly inputs: number
  readonly outputs: number
}

/** A linear layer in a session of its own. */
export interface LoneProduct {
  /** Runs it `times` times; resolves to the seconds that took, those of calling the session included. */
  run(tokens: number, times: number): Promise<number>
  close(): Promise<void>
}

/**
 * Opens a linear layer of random weights. What it reads stays in place from run to run, and of what it gives only one value
 * leaves the session: the rest would be written to fresh memory at each run, which takes as long as the product.
 */
export async function openLoneProduct(
  dtype: keyof typeof linearOperators,
  { inputs, outputs }: WeightShape,
  mostTokens: number,
): Promise<LoneProduct> {
  const graph = new GraphBuilder()
  const x = graph.input("x", dtype === "int8" ? "uint8" : "float32", ["tokens", inputs])
  addProduct[dtype](graph, x, { inputs, outputs })
  graph.node("first", "Slice", ["y", graph.indices(0, 0), graph.indices(1, 1), graph.indices(0, 1)])
  graph.output("first", "float32", [1, 1])
  const session = await InferenceSession.create(graph.encode({ name: "product", producerVersion: "" }), sessionOptions)
  const given = dtype === "int8" ? randomCodes(mostTokens * inputs) : randomFloats(mostTokens * inputs)
  return {
    async run(tokens, times) {
      const shape = [tokens, inputs]
      const part = given.subarray(0, tokens * inputs)
      const feeds = {
        x: part instanceof Uint8Array ? new Tensor("uint8", part, shape) : new Tensor("float32", part, shape),
      }
      const start = performance.now()
      for (let time = 0; time < times; time++) await session.run(feeds)
      return (performance.now() - start) / 1000
    },
    close: () => session.release(),
  }
}

const addProduct = {
  int8(graph: GraphBuilder, x: Value, { inputs, outputs }: WeightShape) {
    const weight = Int8Array.from(randomCodes(inputs * outputs), code => Math.max(-127, code - 128))
    graph.runtimeNode("y", linearOperators.int8, [
      x,
      graph.constant("weight", weight, [inputs, outputs]),
      graph.constant("scale", Float32Array.of(0.01), []),
      graph.constant("scales", filled(outputs, 0.01)),
      graph.constant("zeroPoint", Uint8Array.of(128), []),
      "",
      graph.constant("bias", filled(outputs, 0.5)),
    ])
  },
  fp32(graph: GraphBuilder, x: Value, { inputs, outputs }: WeightShape) {
    const weight = graph.constant("weight", randomFloats(inputs * outputs), [inputs, outputs])
    graph.node("y", linearOperators.fp32, [x, weight, graph.constant("bias", filled(outputs, 0.5))])
  },
} satisfies Record<keyof typeof linearOperators, (graph: GraphBuilder, x: Value, shape: WeightShape) => void>

const filled = (length: number, value: number) => new Float32Array(length).fill(value)
const randomCodes = (length: number) => Uint8Array.from({ length }, () => 256 * Math.random())
const randomFloats = (length: number) => Float32Array.from({ length }, () => Math.random() - 0.5)
