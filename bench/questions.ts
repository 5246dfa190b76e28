/** What `npm run bench` asks, each answered by a bench of its own. */
import { dirname } from "node:path"
import { baseCheckpoint, bundledCheckpoint, exportOf } from "./peers/peer-folders.ts"

/** One of them. */
export interface Question {
  /** As in `--only`, and of its file in bench/results. */
  readonly name: string
  /** Beside this file. */
  readonly bench: string
  readonly words?: readonly string[]
  /** Instead, where `--quick` is given: less of everything. */
  readonly quick: readonly string[]
  /** Which of the common flags it takes, and whether it can do without `--texts`. */
  readonly takes: { readonly texts?: "optional" | "required"; readonly python?: true; readonly patience?: true }
}

/** Every bench by the name that `npm run bench NAME` takes, beside this file; what it asks is said at its head, which `--help` prints. */
export const benches: Readonly<Record<string, string>> = {
  "accuracy-of-labels": "accuracy.ts",
  agreement: "agreement.ts",
  "beside-peers": "beside-peers.ts",
  build: "build.ts",
  corpus: "corpus/throughput.ts",
  dedup: "corpus/dedup.ts",
  dtypes: "dtypes.ts",
  engines: "engines.ts",
  fleet: "fleet/throughput.ts",
  growth: "growth.ts",
  http: "http/requests.ts",
  "http-corpus": "http/corpus.ts",
  latency: "fleet/latency.ts",
  lexicon: "lexicon/speed.ts",
  lexicons: "lexicon/beside-peers.ts",
  "long-texts": "long-texts.ts",
  memory: "corpus/memory.ts",
  overload: "http/overload.ts",
  peak: "peak/peak.ts",
  queue: "fleet/queue-alone.ts",
  "queue-shapes": "fleet/queue-shapes.ts",
  "random-checkpoint": "write-random-checkpoint.ts",
  "redis-memory": "fleet/redis-memory.ts",
  replies: "fleet/replies.ts",
  scaling: "fleet/scaling.ts",
  "single-text": "single-text.ts",
  "start-up": "start-up.ts",
  "token-budget": "token-budget.ts",
  tracing: "fleet/tracing.ts",
}

export const questions: readonly Question[] = [
  {
    name: "engines",
    bench: "beside-peers.ts",
    quick: ["--texts-a-round", "436", "--texts-a-try", "109", "--rounds", "3"],
    takes: { texts: "optional", python: true, patience: true },
  },
  {
    name: "engines-mixed-lengths",
    bench: "beside-peers.ts",
    words: ["--mixed-lengths", "--texts-a-round", "256", "--texts-a-try", "64", "--rounds", "3"],
    quick: ["--mixed-lengths", "--texts-a-round", "96", "--texts-a-try", "32", "--rounds", "3"],
    takes: { python: true, patience: true },
  },
  {
    name: "engines-base",
    bench: "beside-peers.ts",
    words: ["--model", baseCheckpoint, "--texts-a-round", "512", "--texts-a-try", "96", "--rounds", "3"],
    quick: ["--model", baseCheckpoint, "--texts-a-round", "192", "--texts-a-try", "48", "--rounds", "3"],
    takes: { texts: "optional", python: true, patience: true },
  },
  {
    name: "dtypes",
    bench: "dtypes.ts",
    quick: ["--texts-a-round", "218", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "single-text",
    bench: "single-text.ts",
    quick: ["--texts-a-round", "50", "--rounds", "5"],
    takes: { texts: "optional", python: true, patience: true },
  },
  { name: "accuracy", bench: "accuracy-domains.ts", quick: [], takes: {} },
  { name: "calibration", bench: "calibration.ts", quick: [], takes: { texts: "required" } },
  { name: "agreement", bench: "agreement.ts", quick: [], takes: { texts: "required", python: true } },
  {
    name: "token-budget",
    bench: "token-budget.ts",
    quick: ["--texts-a-round", "872", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "growth",
    bench: "growth.ts",
    quick: ["--most-texts", "10000", "--rounds", "2"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "roofline",
    bench: "peak/peak.ts",
    quick: ["--texts-a-round", "128", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "roofline-base",
    bench: "peak/peak.ts",
    words: ["--model", baseCheckpoint, "--texts-a-round", "256"],
    quick: ["--model", baseCheckpoint, "--texts-a-round", "64", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "fleet",
    bench: "fleet/throughput.ts",
    quick: ["--texts-a-round", "4000", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "queue",
    bench: "fleet/queue-alone.ts",
    quick: ["--bulk-texts", "200000", "--single-texts", "10000", "--rounds", "3"],
    takes: { patience: true },
  },
  {
    name: "queue-shapes",
    bench: "fleet/queue-shapes.ts",
    quick: ["--jobs", "2000"],
    takes: { patience: true },
  },
  { name: "replies", bench: "fleet/replies.ts", quick: ["--labels", "40", "--rounds", "2"], takes: {} },
  {
    name: "redis-memory",
    bench: "fleet/redis-memory.ts",
    quick: ["--rows", "200000"],
    takes: {},
  },
  {
    name: "fairness",
    bench: "fleet/latency.ts",
    quick: ["--samples", "100", "--rounds", "3"],
    takes: { texts: "optional" },
  },
  {
    name: "lexicons",
    bench: "lexicon/beside-peers.ts",
    quick: ["--texts-a-round", "5000", "--rounds", "5"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "start-up",
    bench: "start-up.ts",
    words: ["--peer", exportOf(bundledCheckpoint)],
    quick: ["--peer", exportOf(bundledCheckpoint), "--rounds", "5"],
    takes: { python: true, patience: true },
  },
  {
    name: "memory",
    bench: "corpus/memory.ts",
    // Generated texts: those of a short file, again and again, would be labelled once.
    words: ["--rows", "20000,200000"],
    quick: ["--rows", "5000,20000"],
    takes: {},
  },
]

/** The folder of the benches. */
export const benchFolder = dirname(new URL(import.meta.url).pathname)
