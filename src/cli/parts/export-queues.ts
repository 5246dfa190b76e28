import { collectDefaultMetrics, Registry } from "prom-client"
import { asError } from "../../errors.ts"
import { fleetMetrics } from "../../metrics/fleet-metrics.ts"
import { openQueues } from "../../queue/open-queues.ts"
import { redisOptions } from "../../queue/redis/redis-options.ts"
import { QueueWatch } from "../../queue/status/queue-watch.ts"
import { scaleOptions } from "../../queue/status/scale-options.ts"
import { fleetLook } from "../../queue/status/scale-signal.ts"
import { HealthServer } from "../../worker/health-server.ts"
import { pickOptions } from "../declared-options.ts"
import { commandLog } from "../log.ts"
import { listenForStop } from "../stop-signals.ts"
import { exportOptions } from "./export-options.ts"

/** Serves a fleet's metrics and scaling signals over HTTP until it is stopped. */
export async function exportQueues(given: Readonly<Record<string, unknown>>): Promise<void> {
  const { port, host } = pickOptions(exportOptions, given)
  const settings = pickOptions(scaleOptions, given)
  await using open = await openQueues(pickOptions(redisOptions, given))
  const watch = new QueueWatch(open)
  const look = async () => fleetLook(await watch.look(), settings)
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  using stop = listenForStop(() => {})
  await using server = await HealthServer.listen(
    {
      problem: () =>
        watch.look().then(
          () => undefined,
          error => asError(error).message,
        ),
      metrics: async () => ({
        contentType: registry.contentType,
        text: (await fleetMetrics(look)) + (await registry.metrics()),
      }),
      json: { "/v1/queue/scale": async () => (await look()).signal },
    },
    host,
    port,
  )
  const { url } = server
  commandLog().info({ event: "ready", url }, `ready: ${url}/metrics, ${url}/v1/queue/scale; Ctrl-C stops it`)
  if (!stop.signal.aborted)
    await new Promise<void>(resolve => stop.signal.addEventListener("abort", () => resolve(), { once: true }))
}
