import { InferenceSession, Tensor } from "../model/onnx-runtime.ts"
import { fp32 } from "./fp32.ts"
import { GraphBuilder } from "./graph-builder.ts"
import { int8 } from "./int8.ts"
import type { Reading } from "./observe.ts"
import type { ActivationRange } from "./scales.ts"

/** What int8 arithmetic does to the linear layers that read one value. */
export interface LayerError {
  /** Mean over readers of the mean squared error, each as a share of its output's mean square. */
  readonly error: number
  /** By reader: the mean over tokens of what is missing from each output. */
  readonly biases: ReadonlyMap<string, Float32Array>
}

/**
 * Runs the readers of a value in float32 and in int8 over sampled activations.
 *
 * @param sample - float32, shape [tokens, channels]
 */
export async function layerError(reading: Reading, sample: Float32Array, range: ActivationRange): Promise<LayerError> {
  const graph = new GraphBuilder()
  const x = graph.input(reading.value, "float32", ["tokens", reading.channels])
  const quantised = int8({ activations: { [reading.value]: range }, biasCorrections: {} })
  for (const [name, linear] of reading.readers) {
    const exact = fp32.linear(graph, `${name}.exact`, x, linear)
    const missing = graph.node(`${name}.error`, "Sub", [exact, quantised.linear(graph, name, x, linear)])
    graph.node(`${name}.error.mean`, "ReduceMean", [missing], { axes: [0], keepdims: 0 })
    graph.node(`${name}.error.squares`, "ReduceSumSquare", [missing], { axes: [0, 1], keepdims: 0 })
    graph.node(`${name}.exact.squares`, "ReduceSumSquare", [exact], { axes: [0, 1], keepdims: 0 })
    graph.output(`${name}.error.mean`, "float32", [linear.outputs])
    graph.output(`${name}.error.squares`, "float32", [])
    graph.output(`${name}.exact.squares`, "float32", [])
  }
  const session = await InferenceSession.create(graph.encode({ name: "layer", producerVersion: "" }))
  const results = await session.run({
    [reading.value]: new Tensor("float32", sample, [sample.length / reading.channels, reading.channels]),
  })
  await session.release()
  const get = (name: string) => results[name]?.data as Float32Array
  let error = 0
  for (const name of reading.readers.keys())
    error += Number(get(`${name}.error.squares`)[0]) / Number(get(`${name}.exact.squares`)[0]) / reading.readers.size
  return { error, biases: new Map([...reading.readers.keys()].map(name => [name, get(`${name}.error.mean`).slice()])) }
}
