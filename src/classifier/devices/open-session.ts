import { asError, ValenceError } from "../../errors.ts"
import { microBatch, type Shape } from "../../model/micro-batch.ts"
import { env, InferenceSession, listSupportedBackends } from "../../model/runtime/onnx-runtime.ts"
import { runGraph } from "../../model/runtime/run-graph.ts"
import { providerProblem, withoutSignatures } from "../plan/provider-problem.ts"
import { providerOf } from "../plan/providers.ts"
import type { SessionSettings } from "./device-protocol.ts"
import { mapWeights } from "./mapped-weights.ts"
import { warmUp } from "./warm-up.ts"

/** ONNX Runtime's messages come with an error too, which a failed text or start reports. */
env.logLevel = "fatal"
const fatalSeverity = 4

/**
 * Threads that have nothing to do look for work before they sleep. ONNX Runtime lets them for a second or more, on cores
 * that others need; texts that come alone, one after the other, come within a millisecond.
 */
const spinning = { spin_duration_us: "1000", spin_backoff_max: "8" }

/** The row that shows whether the graph gives what it must, on a device that takes any shape. */
const shortRow: Shape = { rows: 1, longest: 8 }

async function createSession({ graph, device, threads }: SessionSettings): Promise<InferenceSession> {
  const provider = providerOf(device.provider)
  const executionProviders = [provider.name, ...provider.helpers].map(name =>
    provider.number === "index" ? { name, deviceId: device.index } : name,
  )
  const options: InferenceSession.SessionOptions = {
    executionProviders,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: fatalSeverity,
  }
  const session = { intra_op: spinning }
  // Other devices copy weights to themselves.
  const mapped = provider.name === "cpu" ? mapWeights(graph) : undefined
  try {
    if (mapped === undefined) return await InferenceSession.create(graph, { ...options, extra: { session } })
    const folder = { model_external_initializers_file_folder_path: mapped.folder }
    return await InferenceSession.create(mapped.model, { ...options, extra: { session: { ...session, ...folder } } })
  } catch (cause) {
    if (provider.name === "cpu") throw cause
    const supported = listSupportedBackends().map(({ name }) => name)
    const why = providerProblem(provider, supported) ?? withoutSignatures(asError(cause).message.trim())
    throw new ValenceError("device_missing", `${device.name} can't be used: ${why}`, { cause })
  }
}

const run = (session: InferenceSession, { rows, longest }: Shape) =>
  runGraph(session, microBatch(Array<Int32Array>(rows).fill(new Int32Array(longest)), 0))

/**
 * A session on a device, loaded and warm.
 *
 * @throws ValenceError `device_missing`, naming the library or the provider that is not there; `model_invalid`
 */
export async function openSession(settings: SessionSettings): Promise<InferenceSession> {
  const { graph, labels } = settings
  try {
    const session = await createSession(settings)
    await warmUp(
      shape => run(session, shape),
      settings.warmUp,
      () => performance.now() < settings.warmUpMs,
    )
    // A device with few shapes should see no other: engines are built for each.
    const logits = await run(session, settings.warmUp.findLast(({ rows }) => rows === 1) ?? shortRow)
    if (logits.length !== labels)
      throw new Error(`it must give one logit for each of the config's ${labels} labels; it gives ${logits.length}`)
    return session
  } catch (cause) {
    if (cause instanceof ValenceError) throw cause
    throw new ValenceError("model_invalid", `graph ${graph} cannot be used: ${asError(cause).message}`, { cause })
  }
}
