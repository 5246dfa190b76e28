/** Every engine that can label with one checkpoint, Valence and its peers, in one shape. */
import type { ParseArgsConfig } from "node:util"
import { createClassifier } from "../built.ts"
import { secondsOf } from "../harness.ts"
import { checkGolden, type EngineDtype } from "./check-golden.ts"
import { type Batching, openPipeline, type PeerLabel, peerVersion } from "./open-pipeline.ts"
import { bundledCheckpoint, exportOf } from "./peer-folders.ts"
import { type PeerOptions, PeerProcess } from "./peer-process.ts"
import { openPlainSession } from "./plain-session.ts"

/** One of them, open. */
export interface Engine {
  /** Such as `onnxruntime (Python)`. */
  readonly name: string
  readonly dtype: EngineDtype
  /** Whether its caller makes the batches; one that is false is handed all texts, or takes one at a time. */
  readonly takesBatches: boolean
  readonly versions: Readonly<Record<string, string>>
  /** Labels texts; seconds from the text to its label and score. */
  label(texts: readonly string[], batching: Batching): Promise<{ seconds: number; labels: readonly PeerLabel[] }>
  /** Seconds of each text, labelled one after the other. */
  each(texts: readonly string[]): Promise<number[]>
  close(): Promise<void>
}

/** One that cannot be had here, or that computes something else. */
export interface Absent {
  readonly name: string
  readonly dtype: EngineDtype
  readonly reason: string
}

/** Which engines are wanted, over which files. */
export interface EngineChoice {
  readonly checkpoint: string
  readonly export: string
  /** Whether Python peers are wanted. */
  readonly python: boolean
  /** Names of peers, where not all are wanted. */
  readonly names?: readonly string[] | undefined
}

/** The flags of a bench that opens engines. */
export const engineFlags = {
  model: { type: "string", default: bundledCheckpoint },
  "no-python": { type: "boolean", default: false },
  engines: { type: "string" },
} as const satisfies ParseArgsConfig["options"]

/** What the flags choose. */
export function chosenEngines(flags: {
  readonly model: string
  readonly "no-python": boolean
  readonly engines?: string | undefined
}): EngineChoice {
  const names = flags.engines?.split(",")
  return { checkpoint: flags.model, export: exportOf(flags.model), python: !flags["no-python"], names }
}

/** The name that all tables have for Valence. */
export const VALENCE = "Valence"

/** Each text in a run of its own. */
export const ONE_BY_ONE: Batching = { batchSize: 1, sorted: false }

/** `Valence int8` */
export const fullName = ({ name, dtype }: { readonly name: string; readonly dtype: EngineDtype }) => `${name} ${dtype}`

type Opening = Pick<Engine, "name" | "dtype"> & { open(): Promise<Engine> }

/**
 * Opens what can be opened and agrees with the checkpoint's golden logits; the rest comes back with the reason.
 *
 * @throws where Valence itself cannot
 */
export async function openEngines(choice: EngineChoice): Promise<{ engines: Engine[]; absent: Absent[] }> {
  const engines: Engine[] = []
  const absent: Absent[] = []
  for (const { name, dtype, open } of openings(choice)) {
    if (name !== VALENCE && choice.names?.includes(name) === false) continue
    try {
      engines.push(await open())
    } catch (error) {
      if (name === VALENCE && dtype === "int8") throw error
      absent.push({ name, dtype, reason: (error as Error).message })
    }
  }
  return { engines, absent }
}

/** The Python peers by their names; what they run of which checkpoint is chosen later. */
export const pythonPeers: readonly (readonly [string, Omit<PeerOptions, "checkpoint" | "export">])[] = [
  ["onnxruntime (Python)", { script: "onnxruntime_peer.py", dtype: "int8", variant: "usual" }],
  ["onnxruntime (Python)", { script: "onnxruntime_peer.py", dtype: "fp32", variant: "usual" }],
  ["onnxruntime static QDQ", { script: "onnxruntime_peer.py", dtype: "int8", variant: "static" }],
  ["onnxruntime fused", { script: "onnxruntime_peer.py", dtype: "int8", variant: "fused" }],
  ["onnxruntime fused", { script: "onnxruntime_peer.py", dtype: "fp32", variant: "fused" }],
  ["OpenVINO (throughput)", { script: "openvino_peer.py", dtype: "int8", variant: "throughput" }],
  ["OpenVINO (latency)", { script: "openvino_peer.py", dtype: "int8", variant: "latency" }],
  ["OpenVINO (throughput)", { script: "openvino_peer.py", dtype: "fp32", variant: "throughput" }],
  ["OpenVINO (latency)", { script: "openvino_peer.py", dtype: "fp32", variant: "latency" }],
  ["OpenVINO (throughput)", { script: "openvino_peer.py", dtype: "bf16", variant: "throughput" }],
  ["pipeline() on PyTorch", { script: "hugging_face_peer.py", dtype: "fp32" }],
  ["pipeline() on PyTorch", { script: "hugging_face_peer.py", dtype: "bf16" }],
  ["pipeline() on torch.compile", { script: "hugging_face_peer.py", dtype: "fp32", variant: "compiled" }],
  ["JAX", { script: "jax_peer.py", dtype: "fp32" }],
  ["MAX", { script: "max_peer.py", dtype: "fp32" }],
]

function openings({ checkpoint, export: folder, python }: EngineChoice): Opening[] {
  const files = { checkpoint, export: folder }
  const both = ["int8", "fp32"] as const
  const checked = async (opening: Promise<Engine>) => {
    const engine = await opening
    await checkGolden(checkpoint, engine.dtype, async texts => (await engine.label(texts, ONE_BY_ONE)).labels)
    return engine
  }
  return [
    ...both.map(dtype => ({ name: VALENCE, dtype, open: () => checked(openValence(checkpoint, dtype)) })),
    ...both.map(dtype => ({ name: "transformers.js", dtype, open: () => checked(openTransformers(folder, dtype)) })),
    ...both.map(dtype => ({ name: "onnxruntime-node", dtype, open: () => checked(openNode(folder, dtype)) })),
    ...(python ? pythonPeers : []).map(([name, options]) => ({
      name,
      dtype: options.dtype,
      open: () => openPython(name, { ...options, ...files }),
    })),
  ]
}

/** Seconds of each text of an engine in this process. */
async function secondsOfEach(texts: readonly string[], label: (texts: readonly string[]) => Promise<unknown>) {
  const seconds: number[] = []
  for (const text of texts) seconds.push(await secondsOf(() => label([text])))
  return seconds
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; labels: T }> {
  const start = performance.now()
  const labels = await work()
  return { seconds: (performance.now() - start) / 1000, labels }
}

async function openValence(model: string, dtype: "int8" | "fp32"): Promise<Engine> {
  const classifier = await createClassifier({ model, dtype })
  return {
    name: VALENCE,
    dtype,
    takesBatches: false,
    // fp32 has a revision of its own: the one that is told is int8's, as bundled.
    versions: dtype === "int8" ? { model: `${classifier.model.name}, revision ${classifier.model.revision}` } : {},
    async label(texts) {
      const { seconds, labels } = await timed(() => classifier.label(texts))
      const given = labels.map((result, index): PeerLabel => {
        if (result.error) throw new Error(`Valence refused text ${index}: ${result.error.message}`)
        return result
      })
      return { seconds, labels: given }
    },
    each: texts => secondsOfEach(texts, one => classifier.label(one)),
    close: () => classifier.close(),
  }
}

async function openTransformers(folder: string, dtype: "int8" | "fp32"): Promise<Engine> {
  const pipeline = await openPipeline(folder, dtype === "int8" ? "q8" : "fp32")
  return {
    name: "transformers.js",
    dtype,
    takesBatches: true,
    versions: { "transformers.js": peerVersion() },
    label: (texts, batching) => timed(() => pipeline.label(texts, batching)),
    each: texts => secondsOfEach(texts, one => pipeline.label(one, ONE_BY_ONE)),
    close: () => pipeline.close(),
  }
}

async function openNode(folder: string, dtype: "int8" | "fp32"): Promise<Engine> {
  const session = await openPlainSession(folder, dtype)
  return {
    name: "onnxruntime-node",
    dtype,
    takesBatches: false,
    versions: {},
    label: texts => timed(() => session.label(texts)),
    each: texts => secondsOfEach(texts, one => session.label(one)),
    close: () => session.close(),
  }
}

async function openPython(name: string, options: PeerOptions): Promise<Engine> {
  const { peer, loaded } = await PeerProcess.start(options)
  return {
    name,
    dtype: options.dtype,
    takesBatches: true,
    versions: loaded.versions,
    label: (texts, batching) => peer.label(texts, batching),
    each: texts => peer.each(texts),
    close: () => peer.close(),
  }
}
