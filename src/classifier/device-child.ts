/*
 * A device child: one process, one session, one run at a time. `session.run()` holds its event loop, so requests
 * queue in the pipe. It outlives Ctrl-C, which a terminal sends to the whole process group: the parent decides when to
 * stop, and when the parent is gone the channel closes.
 */
import { InferenceSession } from "onnxruntime-node"
import { asError } from "../errors.ts"
import { padded } from "../model/micro-batch.ts"
import { runGraph } from "../model/run-graph.ts"
import type { DeviceMessage, RunRequest, SessionSettings } from "./device-protocol.ts"

const tell = (message: DeviceMessage) => process.send?.(message)

async function serve({ graph }: SessionSettings): Promise<void> {
  const session = await InferenceSession.create(graph, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  })
  await runGraph(session, padded([new Int32Array(8)], 0))
  let last = Promise.resolve()
  process.on("message", ({ id, batch }: RunRequest) => {
    last = last.then(async () => {
      const start = performance.now()
      try {
        const logits = await runGraph(session, batch)
        tell({ type: "ran", id, logits, runMs: performance.now() - start })
      } catch (error) {
        tell({ type: "run-failed", id, message: asError(error).message })
      }
    })
  })
  tell({ type: "ready" })
}

process.on("SIGINT", () => {})
process.on("SIGTERM", () => {})
process.on("disconnect", () => process.exit())
serve(JSON.parse(process.argv[2] ?? "{}") as SessionSettings).catch(error => {
  tell({ type: "start-failed", message: asError(error).message })
  process.disconnect()
})
