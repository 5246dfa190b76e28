import type { Complete } from "../declaration.ts"
import { shown, ValenceError } from "../errors.ts"
import type { Labeller } from "../labeller.ts"
import type { ServerMetrics } from "../metrics/create-server-metrics.ts"
import type { QueueWatch } from "../queue/status/queue-watch.ts"
import type { Admission } from "./hooks/admission.ts"
import type { Readiness } from "./hooks/readiness.ts"
import type { serverOptions } from "./options.ts"
import type { ServerInputs } from "./server-inputs.ts"

/** What every route is handed. */
export interface ServerContext extends ServerInputs {
  readonly settings: Complete<typeof serverOptions>
  readonly admissionOf: (labeller: Labeller) => Admission
  readonly metrics: ServerMetrics
  /**
   * Refuses texts for a fleet that has no worker, unless requests wait for workers.
   *
   * @throws ValenceError `no_worker`
   */
  readonly requireWorkers: (labeller: Labeller) => Promise<void>
  /** Looks at the fleet's queues; `undefined` without a fleet. */
  readonly watch: QueueWatch | undefined
  readonly readiness: Readiness
  /** Aborts when requests are no longer waited for: those that wait for something to happen are answered then. */
  readonly stopping: AbortSignal
}

/**
 * The labeller that a request names.
 *
 * @throws ValenceError `model_not_found`, naming those that there are
 */
export function labellerOf({ labeller, others }: ServerInputs, name: string | undefined): Labeller {
  const all = [labeller, ...others]
  const found = name === undefined ? labeller : all.find(({ model }) => model.name === name)
  if (found) return found
  const names = all.map(({ model }) => model.name).join(", ")
  throw new ValenceError("model_not_found", `model must be one of ${names}; got ${shown(name)}`)
}
