import { lanes } from "../queue/jobs/names.ts"
import type { MetricDeclaration } from "./declaration.ts"

/** The worker itself. */
export const workerMetrics = {
  ready: {
    name: "valence_ready",
    kind: "gauge",
    unit: "0 or 1",
    labels: {},
    help: "1 where the worker takes jobs, as /readyz says",
    fedBy: ["setReady"],
  },
  redisUp: {
    name: "valence_redis_up",
    kind: "gauge",
    unit: "0 or 1",
    labels: {},
    help: "1 where Redis answers this process; 0 until it first did",
    fedBy: ["redisAway", "redisBack", "backlog"],
  },
  redisReconnects: {
    name: "valence_redis_reconnects_total",
    kind: "counter",
    unit: "events",
    labels: {},
    help: "Times that Redis went away and came back",
    fedBy: ["redisBack"],
  },
  redisAway: {
    name: "valence_redis_away_seconds_total",
    kind: "counter",
    unit: "seconds",
    labels: {},
    help: "Time without Redis, counted when it is back",
    fedBy: ["redisBack"],
  },
  concurrency: {
    name: "valence_concurrency",
    kind: "gauge",
    unit: "jobs",
    labels: { lane: lanes },
    help: "Jobs that this worker takes at a time",
    fedBy: ["createMetrics"],
  },
  model: {
    name: "valence_model_info",
    kind: "gauge",
    unit: "1",
    labels: { name: "given", revision: "given", dtype: "given", device: "given" },
    help: "Which model labels, and where",
    fedBy: ["createMetrics"],
  },
  build: {
    name: "valence_build_info",
    kind: "gauge",
    unit: "1",
    labels: { version: "given", node: "given" },
    help: "Which Valence runs, on which Node",
    fedBy: ["createMetrics"],
  },
} as const satisfies Record<string, MetricDeclaration>
