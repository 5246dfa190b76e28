import { Registry } from "prom-client"
import type { FleetLook } from "../queue/status/scale-signal.ts"
import { fleetDeclarations } from "./declarations.ts"
import { setBacklog } from "./feed-metrics.ts"
import { createInstruments } from "./instruments.ts"

/**
 * The metrics of a fleet, looked at when they are asked for. If Redis does not answer, `valence_redis_up` is 0 and all others are absent:
 * an old number, or a zero, would scale the fleet.
 *
 * @param look - looks at the fleet; if it throws, `valence_redis_up` is 0
 * @returns Prometheus' text format
 */
export async function fleetMetrics(look: () => Promise<FleetLook>): Promise<string> {
  const registry = new Registry()
  const metrics = createInstruments(fleetDeclarations, registry)
  const seen = await look().catch(() => undefined)
  metrics.redisUp.set(seen === undefined ? 0 : 1)
  if (seen !== undefined) {
    const { status, signal } = seen
    setBacklog(metrics, {
      queues: status.lanes,
      deadLetters: status.deadLetters,
      backlogSeconds: status.backlogSeconds,
    })
    metrics.backlogTokens.set(signal.waitingTokens)
    metrics.workers.set(signal.workers)
    metrics.capacity.set(signal.tokensPerSecond)
    metrics.desiredWorkers.set(signal.desiredWorkers)
  }
  return registry.metrics()
}
