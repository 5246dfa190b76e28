/*
 * A device child: one process, one session, one run at a time. `session.run()` holds its event loop, so requests
 * queue in the pipe; they are read between two runs, and the urgent ones begin first. It outlives Ctrl-C, which a terminal sends to the whole process group: the parent decides when to
 * stop, and when the parent is gone the channel closes.
 */

import { asError, ValenceError } from "../errors.ts"
import { padded } from "../model/micro-batch.ts"
import { InferenceSession } from "../model/onnx-runtime.ts"
import { runGraph } from "../model/run-graph.ts"
import type { DeviceMessage, RunEnded, RunRequest, SessionSettings } from "./device-protocol.ts"
import { RunQueue } from "./run-queue.ts"

/** Tokens of the row that warms a session up. */
const WARM_UP_TOKENS = 8

/** Once the parent is gone there is nobody to tell. */
const tell = (message: DeviceMessage) => {
  if (process.connected) process.send?.(message, () => {})
}

async function loadSession({ graph, labels }: SessionSettings): Promise<InferenceSession> {
  try {
    const session = await InferenceSession.create(graph, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    })
    const logits = await runGraph(session, padded([new Int32Array(WARM_UP_TOKENS)], 0))
    if (logits.length !== labels)
      throw new Error(`it must give one logit for each of the config's ${labels} labels; it gives ${logits.length}`)
    return session
  } catch (cause) {
    throw new ValenceError("model_invalid", `graph ${graph} cannot be used: ${asError(cause).message}`, { cause })
  }
}

async function run(session: InferenceSession, { id, batch }: RunRequest): Promise<RunEnded> {
  const start = performance.now()
  try {
    const logits = await runGraph(session, batch)
    return { type: "ran", id, logits, runMs: performance.now() - start }
  } catch (error) {
    return { type: "run-failed", id, message: asError(error).message }
  }
}

async function serve(settings: SessionSettings): Promise<void> {
  const session = await loadSession(settings)
  const waiting = new RunQueue()
  let busy = false
  process.on("message", async (request: RunRequest) => {
    waiting.add(request)
    if (busy) return
    busy = true
    for (let next = waiting.take(); next; ) {
      const ended = await run(session, next)
      // Requests that came meanwhile are read now.
      await new Promise(resolve => setImmediate(resolve))
      next = waiting.take()
      tell({ ...ended, next: next?.id })
    }
    busy = false
  })
  tell({ type: "ready" })
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {})
process.on("disconnect", () => process.exit())
serve(JSON.parse(process.argv[2] ?? "{}") as SessionSettings).catch((thrown: unknown) => {
  const error = asError(thrown)
  const code = error instanceof ValenceError ? error.code : "device_failed"
  tell({ type: "start-failed", code, message: error.message })
  if (process.connected) process.disconnect()
})
