import { classifierMetrics } from "./classifier-metrics.ts"
import { queueMetrics } from "./queue-metrics.ts"
import { scaleMetrics } from "./scale-metrics.ts"
import { serverMetrics } from "./server-metrics.ts"
import { workMetrics } from "./work-metrics.ts"
import { workerMetrics } from "./worker-metrics.ts"

/** Every metric of a worker, by the name that this folder knows it by. */
export const metricDeclarations = { ...workMetrics, ...queueMetrics, ...classifierMetrics, ...workerMetrics } as const

/** Every metric of a server. */
export const serverDeclarations = { ...serverMetrics, ...classifierMetrics } as const

/** Every metric of a fleet, as those tell it who do not work in it. */
export const fleetDeclarations = { ...queueMetrics, ...scaleMetrics, redisUp: workerMetrics.redisUp } as const

/** The sections of docs/reference/metrics.md. */
export const metricSections = {
  "Texts and jobs of this worker": workMetrics,
  "Queues, as every worker sees them, and `valence serve --redis` and `valence queue export`": queueMetrics,
  "What to scale by, from `valence serve --redis` and `valence queue export`": scaleMetrics,
  "Tokenising, micro-batches and devices": classifierMetrics,
  "The worker": workerMetrics,
  "The server (`valence serve`), and tokenising, micro-batches and devices if it labels by itself": serverMetrics,
} as const
