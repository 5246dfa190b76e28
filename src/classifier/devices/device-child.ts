/*
 * A device child: one process, one session, one run at a time. `session.run()` holds its event loop, so requests
 * queue in the pipe; they are read between two runs, and the urgent ones begin first. It outlives Ctrl-C, which a terminal sends to the whole process group: the parent decides when to
 * stop, and when the parent is gone the channel closes.
 */

import { asError, ValenceError } from "../../errors.ts"
import type { InferenceSession } from "../../model/runtime/onnx-runtime.ts"
import { runGraph } from "../../model/runtime/run-graph.ts"
import type { DeviceMessage, RunEnded, RunRequest, SessionSettings } from "./device-protocol.ts"
import { openSession } from "./open-session.ts"
import { saysOutOfMemory } from "./out-of-memory.ts"
import { RunQueue } from "./run-queue.ts"

/** Once the parent is gone there is no one to tell. */
const tell = (message: DeviceMessage) => {
  if (process.connected) process.send?.(message, () => {})
}

async function run(session: InferenceSession, { id, batch }: RunRequest): Promise<RunEnded> {
  const start = performance.now()
  try {
    const logits = await runGraph(session, batch)
    return { type: "ran", id, logits, runMs: performance.now() - start }
  } catch (error) {
    const { message } = asError(error)
    return { type: "run-failed", id, message, outOfMemory: saysOutOfMemory(message) }
  }
}

async function serve(settings: SessionSettings): Promise<void> {
  const session = await openSession(settings)
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
