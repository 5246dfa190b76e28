import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { MicroBatch } from "../../src/model/micro-batch.ts"
import { InferenceSession } from "../../src/model/runtime/onnx-runtime.ts"
import { runGraph } from "../../src/model/runtime/run-graph.ts"
import { sessionOptions } from "./session-options.ts"

/** A node of a graph, as it ran once. */
export interface NodeRun {
  readonly operator: string
  readonly ms: number
  /** Shapes of what it read, and of what it gave. */
  readonly inputs: readonly (readonly number[])[]
  readonly outputs: readonly (readonly number[])[]
}

/** A run of a graph. */
export interface GraphRun {
  readonly nodes: readonly NodeRun[]
  /** From the session's call to its end. */
  readonly ms: number
}

/** An event of ONNX Runtime's profile, as far as it is read here; times are in microseconds. */
interface ProfileEvent {
  readonly name: string
  readonly cat: string
  readonly dur: number
  readonly args?: {
    readonly op_name?: string
    readonly input_type_shape?: ProfiledShapes
    readonly output_type_shape?: ProfiledShapes
  }
}

/** Each an object of one entry: a type and a shape. */
type ProfiledShapes = readonly Readonly<Record<string, readonly number[]>>[]

const PASSES = 5

/** Runs micro-batches with ONNX Runtime's profiling, on one core; of several passes the fastest counts. */
export async function profileGraph(graph: string, batches: readonly MicroBatch[]): Promise<GraphRun[]> {
  const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
  try {
    const profileFilePrefix = join(folder, "profile")
    const session = await InferenceSession.create(graph, {
      ...sessionOptions,
      enableProfiling: true,
      profileFilePrefix,
    })
    for (let pass = 0; pass < PASSES; pass++) for (const batch of batches) await runGraph(session, batch)
    session.endProfiling()
    await session.release()
    const [file] = await readdir(folder)
    const runs = runsOf(JSON.parse(await readFile(join(folder, String(file)), "utf8")) as ProfileEvent[])
    const passes = Array.from({ length: PASSES }, (_, pass) =>
      runs.slice(pass * batches.length).slice(0, batches.length),
    )
    return passes.reduce((best, pass) => (msOf(pass) < msOf(best) ? pass : best))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** How long runs, or nodes, took together. */
export function msOf(timed: readonly { readonly ms: number }[]): number {
  return timed.reduce((sum, { ms }) => sum + ms, 0)
}

/** A run's nodes come before it. */
function runsOf(events: readonly ProfileEvent[]): GraphRun[] {
  const runs: GraphRun[] = []
  let nodes: NodeRun[] = []
  for (const { name, cat, dur, args } of events) {
    if (name === "model_run") {
      runs.push({ nodes, ms: dur / 1000 })
      nodes = []
    }
    if (cat !== "Node" || !name.endsWith("_kernel_time")) continue
    const [inputs, outputs] = [shapesOf(args?.input_type_shape), shapesOf(args?.output_type_shape)]
    nodes.push({ operator: String(args?.op_name), ms: dur / 1000, inputs, outputs })
  }
  return runs
}

function shapesOf(shapes: ProfiledShapes = []): (readonly number[])[] {
  return shapes.flatMap(shape => Object.values(shape))
}
