import type { MetricDeclaration } from "./declaration.ts"

/** What to scale a fleet by, from `valence serve --redis` and `valence queue export`, also if no worker runs. */
export const scaleMetrics = {
  backlogTokens: {
    name: "valence_backlog_tokens",
    kind: "gauge",
    unit: "tokens",
    labels: {},
    help: "Tokens that wait in lanes that are not paused: what valence_desired_workers counts",
    fedBy: ["look"],
  },
  workers: {
    name: "valence_workers",
    kind: "gauge",
    unit: "workers",
    labels: {},
    help: "Workers that run",
    fedBy: ["look"],
  },
  capacity: {
    name: "valence_capacity_tokens_per_second",
    kind: "gauge",
    unit: "tokens",
    labels: {},
    help: "Tokens per second of all running workers",
    fedBy: ["look"],
  },
  desiredWorkers: {
    name: "valence_desired_workers",
    kind: "gauge",
    unit: "workers",
    labels: {},
    help: "Workers that finish the backlog within --target-seconds; 0 if no job waits or is active: scale by it, from zero too",
    fedBy: ["look"],
  },
} as const satisfies Record<string, MetricDeclaration>
