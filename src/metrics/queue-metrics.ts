import { lanes } from "../queue/jobs/names.ts"
import type { MetricDeclaration } from "./declaration.ts"

/** What is in Redis. Every process of a fleet reports the same values: take their maximum, not their sum. */
export const queueMetrics = {
  queueJobs: {
    name: "valence_queue_jobs",
    kind: "gauge",
    unit: "jobs",
    labels: { lane: lanes, state: ["waiting", "active", "delayed", "failed"] },
    help: "Jobs in the queue, the same from every process",
    fedBy: ["backlog"],
  },
  waitingTexts: {
    name: "valence_queue_waiting_texts",
    kind: "gauge",
    unit: "texts",
    labels: { lane: lanes },
    help: "Texts of the waiting and delayed jobs, the same from every process; estimated from a sample if there are many",
    fedBy: ["backlog"],
  },
  waitingTokens: {
    name: "valence_queue_waiting_tokens",
    kind: "gauge",
    unit: "tokens",
    labels: { lane: lanes },
    help: "Tokens of the waiting and delayed jobs as far as the model reads their texts, the same from every process; estimated",
    fedBy: ["backlog"],
  },
  oldestWaiting: {
    name: "valence_queue_oldest_waiting_seconds",
    kind: "gauge",
    unit: "seconds",
    labels: { lane: lanes },
    help: "Age of the oldest waiting job, the same from every process; 0 if none waits",
    fedBy: ["backlog"],
  },
  deadLetters: {
    name: "valence_dead_letters",
    kind: "gauge",
    unit: "jobs",
    labels: {},
    help: "Jobs in the dead letters, the same from every process",
    fedBy: ["backlog"],
  },
  backlog: {
    name: "valence_backlog_seconds",
    kind: "gauge",
    unit: "seconds",
    labels: {},
    help: "Seconds that the fleet needs for the backlog of lanes that are not paused, or one worker if none runs; the same from every process",
    fedBy: ["backlog"],
  },
  backlogSeenAt: {
    name: "valence_backlog_seen_timestamp_seconds",
    kind: "gauge",
    unit: "seconds",
    labels: {},
    help: "When this process last looked at the queues, Unix time: its other queue metrics are as old as this",
    fedBy: ["backlog"],
  },
} as const satisfies Record<string, MetricDeclaration>
