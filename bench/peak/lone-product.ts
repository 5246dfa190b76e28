import { GraphBuilder, type Value } from "../../src/graph/graph-builder.ts"
import { InferenceSession, Tensor } from "../../src/model/onnx-runtime.ts"
import { sessionOptions } from "./session-options.ts"

/** The operators of linear layers: those of `src/graph/int8.ts` and `src/graph/floats.ts`. */
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
 * Opens a linear layer of random weights. What it reads and gives stays in place from run to run, so that nothing but the
 * product takes time.
 */
export async function openLoneProduct(
  dtype: keyof typeof linearOperators,
  { inputs, outputs }: WeightShape,
  mostTokens: number,
): Promise<LoneProduct> {
  const graph = new GraphBuilder()
  const x = graph.input("x", dtype === "int8" ? "uint8" : "float32", ["tokens", inputs])
  addProduct[dtype](graph, x, { inputs, outputs })
  graph.output("y", "float32", ["tokens", outputs])
  const session = await InferenceSession.create(graph.encode({ name: "product", producerVersion: "" }), sessionOptions)
  const given =
    dtype === "int8" ? aligned(randomCodes(mostTokens * inputs)) : aligned(randomFloats(mostTokens * inputs))
  const taken = aligned(new Float32Array(mostTokens * outputs))
  return {
    async run(tokens, times) {
      const shape = [tokens, inputs]
      const part = given.subarray(0, tokens * inputs)
      const feeds = {
        x: part instanceof Uint8Array ? new Tensor("uint8", part, shape) : new Tensor("float32", part, shape),
      }
      const fetches = { y: new Tensor("float32", taken.subarray(0, tokens * outputs), [tokens, outputs]) }
      const start = performance.now()
      for (let time = 0; time < times; time++) await session.run(feeds, fetches)
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

const WASM_PAGE_BYTES = 65_536

/**
 * A copy that begins with a page of memory, as WebAssembly's does. In a graph everything begins with a cache line; a
 * Node.js buffer begins within one, and ONNX Runtime's kernels take up to twice the time on it.
 */
function aligned<T extends Uint8Array | Float32Array>(values: T): T {
  const { buffer } = new WebAssembly.Memory({ initial: Math.ceil(values.byteLength / WASM_PAGE_BYTES) })
  const copy = (values instanceof Uint8Array ? new Uint8Array(buffer) : new Float32Array(buffer)) as T
  copy.set(values)
  return copy
}

const filled = (length: number, value: number) => new Float32Array(length).fill(value)
const randomCodes = (length: number) => Uint8Array.from({ length }, () => 256 * Math.random())
const randomFloats = (length: number) => Float32Array.from({ length }, () => Math.random() - 0.5)
