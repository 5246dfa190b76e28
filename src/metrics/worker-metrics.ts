import { lanes } from "../queue/jobs/names.ts"
import type { MetricDeclaration } from "./declaration.ts"

/** The worker itself. */
export const workerMetrics = {
  ready: {
    name: "valence_ready",
    kind: "gauge",
    unit: "0 or 1",
    labels: {},
    help: "1 if the worker takes jobs, as /readyz says",
    fedBy: ["setReady"],
  },
  redisUp: {
    name: "valence_redis_up",
    kind: "gauge",
    unit: "0 or 1",
    labels: {},
    help: "1 if Redis answers this process; 0 until it first did",
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
    help: "The model and the device",
    fedBy: ["createMetrics"],
  },
  build: {
    name: "valence_build_info",
    kind: "gauge",
    unit: "1",
    labels: { version: "given", node: "given" },
    help: "The versions of Valence and Node",
    fedBy: ["createMetrics"],
  },
} as const satisfies Record<string, MetricDeclaration>
