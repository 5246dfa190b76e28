import type { ClassifierOptions, Labeller } from "../../src/index.ts"
import { createClassifier } from "../built.ts"
import { type GpuDtype, type GpuSetup, Lacking, requireGraph } from "./setup.ts"

type GpuClassifier = Awaited<ReturnType<typeof createClassifier>>

/** How a part opens a device, if not as the setup says. */
export interface OpenOptions extends Pick<ClassifierOptions, "maxBatchTokens" | "children" | "device"> {
  readonly model: string
  readonly dtype: GpuDtype
}

/**
 * A classifier on the device that is measured, one child where nothing else is asked.
 *
 * @throws Lacking if the device cannot be used
 */
export async function openOnDevice(setup: GpuSetup, options: OpenOptions): Promise<GpuClassifier> {
  requireGraph(options.model, options.dtype)
  // `cpu:2` says how many children by itself.
  const children = setup.device.includes("cpu:") ? {} : { children: 1 }
  // Engines of TensorRT take minutes.
  const patience = { startTimeoutMs: 600_000, runTimeoutMs: 600_000 }
  try {
    return await createClassifier({ device: setup.device, ...children, ...patience, ...options, offline: true })
  } catch (error) {
    if ((error as { readonly code?: string }).code === "device_missing") throw new Lacking((error as Error).message)
    throw error
  }
}

/** Logits of texts, in the order of the model's labels; fails on the first text that has none. */
export async function logitsOf(labeller: Labeller, texts: readonly string[]): Promise<number[][]> {
  const results = await labeller.label(texts, { scoreFunction: "none", topK: "all", empty: "label", lane: "bulk" })
  return results.map(result => {
    if (result.error) throw new Error(`${result.error.code}: ${result.error.message}`)
    return labeller.model.labels.map(label => result.scores?.find(one => one.label === label)?.score ?? NaN)
  })
}

/** Labels all texts; fails on the first that has no label. */
export async function labelsOf(labeller: Labeller, texts: readonly string[]): Promise<string[]> {
  const results = await labeller.label(texts, { lane: "bulk", empty: "label" })
  return results.map(result => {
    if (result.error) throw new Error(`${result.error.code}: ${result.error.message}`)
    return result.label
  })
}
