import type { ModelConfig } from "../model/config.ts"
import { padded } from "../model/micro-batch.ts"
import { InferenceSession } from "../model/onnx-runtime.ts"
import { feedsOf } from "../model/run-graph.ts"
import { addDistilbert } from "./distilbert.ts"
import { foldAttention } from "./fold.ts"
import { fp32 } from "./fp32.ts"
import { GraphBuilder, type Value } from "./graph-builder.ts"
import type { Precision } from "./precision.ts"
import type { LinearWeights, ModelWeights } from "./weights.ts"

/** A value that linear layers read, and those layers by name. */
export interface Reading {
  readonly value: Value
  readonly channels: number
  readonly readers: ReadonlyMap<string, LinearWeights>
}

/** float32, shape [tokens, channels], of one text. */
export type Observer = (value: Value, activations: Float32Array) => void

/** The float32 graph that an int8 graph stands for, run text by text with a view of what its linear layers read. */
export class Observed {
  readonly readings: readonly Reading[]
  readonly #session: InferenceSession

  private constructor(readings: readonly Reading[], session: InferenceSession) {
    this.readings = readings
    this.#session = session
  }

  static async load(config: ModelConfig, weights: ModelWeights): Promise<Observed> {
    const graph = new GraphBuilder()
    const readings = new Map<Value, { value: Value; channels: number; readers: Map<string, LinearWeights> }>()
    const note = (value: Value, name: string, linear: LinearWeights) => {
      const reading = readings.get(value) ?? { value, channels: linear.inputs, readers: new Map() }
      readings.set(value, reading)
      reading.readers.set(name, linear)
    }
    const observing: Precision = {
      ...fp32,
      attendsWithoutKeys: false,
      linear(graph, name, x, linear) {
        note(x, name, linear)
        return fp32.linear(graph, name, x, linear)
      },
      addLinear(graph, name, x, linear, residual) {
        note(x, name, linear)
        return fp32.addLinear(graph, name, x, linear, residual)
      },
    }
    addDistilbert(graph, config, foldAttention(weights, config), observing)
    for (const { value, channels } of readings.values()) graph.output(value, "float32", [`${value}.tokens`, channels])
    const bytes = graph.encode({ name: "observed", producerVersion: "" })
    return new Observed([...readings.values()], await InferenceSession.create(bytes))
  }

  /** Runs one text. */
  async run(inputIds: Int32Array, observe: Observer): Promise<void> {
    const results = await this.#session.run(feedsOf(padded([inputIds], 0)))
    for (const { value } of this.readings) observe(value, results[value]?.data as Float32Array)
  }

  async release(): Promise<void> {
    await this.#session.release()
  }
}
