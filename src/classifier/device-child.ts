/*
 * A device child: one process, one session, one run at a time. `session.run()` holds its event loop, so requests
 * queue in the pipe. It outlives Ctrl-C, which a terminal sends to the whole process group: the parent decides when to
 * stop, and when the parent is gone the channel closes.
 */
import { InferenceSession, Tensor } from "onnxruntime-node"
import { asError } from "../errors.ts"
import type { DeviceMessage, RunRequest, SessionSettings } from "./device-protocol.ts"
import { type MicroBatch, padded } from "./micro-batch.ts"

const tell = (message: DeviceMessage) => process.send?.(message)

function feeds({ rows, longest, inputIds, attentionMask }: MicroBatch) {
  return {
    input_ids: new Tensor("int32", inputIds, [rows, longest]),
    attention_mask: new Tensor("int32", attentionMask, [rows, longest]),
  }
}

async function logitsOf(session: InferenceSession, batch: MicroBatch): Promise<Float32Array> {
  const { logits } = await session.run(feeds(batch))
  if (!(logits?.data instanceof Float32Array)) throw new Error("the graph must have a float32 output called logits")
  return logits.data
}

async function serve({ graph }: SessionSettings): Promise<void> {
  const session = await InferenceSession.create(graph, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  })
  await logitsOf(session, padded([new Int32Array(8)], 0))
  let last = Promise.resolve()
  process.on("message", ({ id, batch }: RunRequest) => {
    last = last.then(async () => {
      const start = performance.now()
      try {
        const logits = await logitsOf(session, batch)
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
