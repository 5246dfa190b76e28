import type { MetricDeclaration } from "./declaration.ts"

/** What to scale a fleet by, as `valence serve --redis` and `valence queue export` tell it: also where no worker lives. */
export const scaleMetrics = {
  workers: {
    name: "valence_workers",
    kind: "gauge",
    unit: "workers",
    labels: {},
    help: "Workers that live",
    fedBy: ["look"],
  },
  capacity: {
    name: "valence_capacity_tokens_per_second",
    kind: "gauge",
    unit: "tokens",
    labels: {},
    help: "What the living workers can do together",
    fedBy: ["look"],
  },
  desiredWorkers: {
    name: "valence_desired_workers",
    kind: "gauge",
    unit: "workers",
    labels: {},
    help: "Workers that do what waits within --target-seconds; 0 where no job waits or is at work: the signal to scale by, from zero too",
    fedBy: ["look"],
  },
} as const satisfies Record<string, MetricDeclaration>
