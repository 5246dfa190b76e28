import { Tensor } from "../../model/runtime/onnx-runtime.ts"
import { floats } from "../layers/floats.ts"
import { GraphBuilder, type Value } from "../onnx/graph-builder.ts"
import { elementType } from "../onnx/onnx-schema.ts"
import { openGraph } from "../onnx/open-graph.ts"
import { exactInt8 } from "./exact-int8.ts"
import type { Reading } from "./reference.ts"
import type { ActivationRange } from "./scales.ts"

/** What int8 arithmetic does to the linear layers that read one value. */
export interface LayerError {
  /** Mean over readers of the mean squared error, each as a share of its output's mean square. */
  readonly error: number
  /** By reader: the mean over tokens of what is missing from each output. */
  readonly biases: ReadonlyMap<string, Float64Array>
}

type Tensors = Readonly<Record<string, Tensor>>

/** The readers of a value over sampled activations: in float64, once, and against it in int8, once for each range. */
export class ReadersError {
  readonly #reading: Reading
  /** The activations, and what each reader makes of them. */
  readonly #exact: Tensors
  readonly #squares: Tensors

  private constructor(reading: Reading, exact: Tensors, squares: Tensors) {
    this.#reading = reading
    this.#exact = exact
    this.#squares = squares
  }

  /** @param sample - float32, shape [tokens, channels] */
  static async against(reading: Reading, sample: Float32Array): Promise<ReadersError> {
    const { value, channels, readers } = reading
    const graph = new GraphBuilder("float64")
    const x = addSample(graph, reading)
    for (const [name, linear] of readers) {
      const exact = floats.linear(graph, `${name}.exact`, x, linear)
      graph.node(`${name}.squares`, "ReduceSumSquare", [exact], { axes: [0, 1], keepdims: 0 })
      graph.output(exact, "float64", ["tokens", linear.outputs])
      graph.output(`${name}.squares`, "float64", [])
    }
    const activations = { [value]: new Tensor("float32", sample, [sample.length / channels, channels]) }
    const results = await runOnce(graph, activations)
    const named = (part: string) =>
      Object.fromEntries([...readers.keys()].map(name => [`${name}.${part}`, results[`${name}.${part}`] as Tensor]))
    return new ReadersError(reading, { ...activations, ...named("exact") }, named("squares"))
  }

  /** What is missing if the value is quantised to this range. */
  async errorOf(range: ActivationRange): Promise<LayerError> {
    const { readers } = this.#reading
    const graph = new GraphBuilder("float64")
    const x = addSample(graph, this.#reading)
    const quantised = exactInt8({ activations: { [x]: range }, biasCorrections: {} })
    for (const [name, linear] of readers) {
      const exact = graph.input(`${name}.exact`, "float64", ["tokens", linear.outputs])
      const missing = graph.node(`${name}.error`, "Sub", [exact, quantised.linear(graph, name, x, linear)])
      graph.node(`${name}.error.mean`, "ReduceMean", [missing], { axes: [0], keepdims: 0 })
      graph.node(`${name}.error.squares`, "ReduceSumSquare", [missing], { axes: [0, 1], keepdims: 0 })
      graph.output(`${name}.error.mean`, "float64", [linear.outputs])
      graph.output(`${name}.error.squares`, "float64", [])
    }
    const results = await runOnce(graph, this.#exact)
    const values = (tensors: Tensors, name: string) => tensors[name]?.data as Float64Array
    const names = [...readers.keys()]
    const shares = names.map(
      name => Number(values(results, `${name}.error.squares`)[0]) / Number(values(this.#squares, `${name}.squares`)[0]),
    )
    return {
      error: shares.reduce((sum, share) => sum + share / names.length, 0),
      biases: new Map(names.map(name => [name, values(results, `${name}.error.mean`).slice()])),
    }
  }
}

/** Adds the sampled activations, an input of float32, as float64. */
function addSample(graph: GraphBuilder, { value, channels }: Reading): Value {
  const sampled = graph.input(value, "float32", ["tokens", channels])
  return graph.node(`${value}.float64`, "Cast", [sampled], { to: elementType.float64 })
}

async function runOnce(graph: GraphBuilder, feeds: Tensors): Promise<Tensors> {
  const session = await openGraph(graph.encode({ name: "readers", producerVersion: "" }))
  const results = await session.run(feeds)
  await session.release()
  return results as Tensors
}
