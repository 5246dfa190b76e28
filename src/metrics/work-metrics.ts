import type { JobOutcome } from "../events.ts"
import { lanes } from "../queue/jobs/names.ts"
import type { MetricDeclaration } from "./declaration.ts"

const jobOutcomes = [
  "completed",
  "expired",
  "cancelled",
  "retried",
  "dead",
  "handed_back",
  "lost",
] as const satisfies readonly JobOutcome[]

/** Texts and jobs: what this worker did. */
export const workMetrics = {
  texts: {
    name: "valence_texts_total",
    kind: "counter",
    unit: "texts",
    labels: { lane: lanes, outcome: ["labelled", "failed"] },
    help: "Texts of jobs that this worker completed, or sent to the dead letters, by whether they have a label",
    fedBy: ["job"],
  },
  jobs: {
    name: "valence_jobs_total",
    kind: "counter",
    unit: "jobs",
    labels: { lane: lanes, outcome: jobOutcomes },
    help: "Jobs that this worker took, by outcome",
    fedBy: ["job"],
  },
  retries: {
    name: "valence_retries_total",
    kind: "counter",
    unit: "jobs",
    labels: { lane: lanes },
    help: "Jobs that failed in this worker and are tried again later",
    fedBy: ["job"],
  },
  deadLettersSent: {
    name: "valence_dead_letters_sent_total",
    kind: "counter",
    unit: "jobs",
    labels: { lane: lanes },
    help: "Jobs that failed for good in this worker",
    fedBy: ["job"],
  },
  stalledJobs: {
    name: "valence_stalled_jobs_total",
    kind: "counter",
    unit: "jobs",
    labels: { lane: lanes },
    help: "Jobs that this worker found without a living worker and put back into the queue",
    fedBy: ["stalled"],
  },
  queueWait: {
    name: "valence_queue_wait_seconds",
    kind: "histogram",
    unit: "seconds",
    labels: { lane: lanes },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200],
    help: "From when a job was added to when a worker took it, attempts that failed included; jobs that ended here",
    fedBy: ["job"],
  },
  label: {
    name: "valence_label_seconds",
    kind: "histogram",
    unit: "seconds",
    labels: { lane: lanes },
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    help: "From when a job was taken to when its texts were labelled; completed jobs",
    fedBy: ["job"],
  },
} as const satisfies Record<string, MetricDeclaration>
