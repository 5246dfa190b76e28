/** What `npm run bench` asks, each answered by a bench of its own. */
import { dirname } from "node:path"
import { baseCheckpoint, bundledCheckpoint, exportOf } from "./peers/peer-folders.ts"

/** Every bench by the name that `npm run bench NAME` takes, beside this file; what it asks is said at its head, which `--help` prints. */
export const benches = {
  accuracy: "accuracy-domains.ts",
  "accuracy-of-labels": "accuracy.ts",
  agreement: "agreement.ts",
  "beside-peers": "beside-peers.ts",
  build: "build.ts",
  calibration: "calibration.ts",
  corpus: "corpus/throughput.ts",
  dedup: "corpus/dedup.ts",
  dtypes: "dtypes.ts",
  engines: "engines.ts",
  fleet: "fleet/throughput.ts",
  gpu: "gpu/gpu.ts",
  growth: "growth.ts",
  host: "host/host.ts",
  http: "http/requests.ts",
  "http-corpus": "http/corpus.ts",
  latency: "fleet/latency.ts",
  lexicon: "lexicon/speed.ts",
  lexicons: "lexicon/beside-peers.ts",
  "long-texts": "long-texts.ts",
  memory: "corpus/memory.ts",
  overload: "http/overload.ts",
  peak: "peak/peak.ts",
  "process-memory": "process-memory.ts",
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
} as const

/** One of the questions of the page of figures. */
export interface Question {
  /** As in `--only`, and of its file in bench/results. */
  readonly name: string
  /** What asks it. */
  readonly bench: keyof typeof benches
  readonly words?: readonly string[]
  /** Instead, where `--quick` is given: less of everything. */
  readonly quick: readonly string[]
  /** Which of the common flags it takes, and whether it can do without `--texts`. */
  readonly takes: { readonly texts?: "optional" | "required"; readonly python?: true; readonly patience?: true }
}

/** The engines that come nearest to Valence, where a quick run has no time for all. */
const nearest = ["--engines", "onnxruntime (Python),onnxruntime fused,OpenVINO (throughput),OpenVINO (latency)"]

/** Rounds of a quick run, without engines that label one text a run: these are asked about single texts. */
const fewBatches = ["--rounds", "3", "--final-rounds", "4", "--batches-only"]

/** Those that say most come first: a run that has only so many minutes leaves out the last. */
export const questions: readonly Question[] = [
  {
    name: "engines",
    bench: "beside-peers",
    quick: [...fewBatches, "--texts-a-round", "218", "--texts-a-try", "64", "--texts-a-final", "872"],
    takes: { texts: "optional", python: true, patience: true },
  },
  {
    name: "roofline",
    bench: "peak",
    quick: ["--texts-a-round", "128", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "roofline-base",
    bench: "peak",
    words: ["--model", baseCheckpoint, "--texts-a-round", "256"],
    quick: ["--model", baseCheckpoint, "--texts-a-round", "64", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "engines-base",
    bench: "beside-peers",
    words: ["--model", baseCheckpoint, "--texts-a-round", "512", "--texts-a-try", "96", "--rounds", "3"],
    quick: [
      "--model",
      baseCheckpoint,
      "--texts-a-round",
      "96",
      "--texts-a-try",
      "32",
      "--rounds",
      "2",
      "--final-rounds",
      "3",
      "--batches-only",
      ...nearest,
    ],
    takes: { texts: "optional", python: true, patience: true },
  },
  {
    name: "single-text",
    bench: "single-text",
    quick: ["--texts-a-round", "50", "--rounds", "5", ...nearest],
    takes: { texts: "optional", python: true, patience: true },
  },
  {
    name: "process-memory",
    bench: "process-memory",
    quick: ["--rows", "4000"],
    takes: { texts: "optional", python: true },
  },
  {
    name: "growth",
    bench: "growth",
    quick: ["--most-texts", "10000", "--rounds", "2"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "start-up",
    bench: "start-up",
    words: ["--peer", exportOf(bundledCheckpoint)],
    quick: ["--peer", exportOf(bundledCheckpoint), "--rounds", "5"],
    takes: { python: true, patience: true },
  },
  { name: "agreement", bench: "agreement", quick: [], takes: { texts: "required", python: true } },
  {
    name: "engines-mixed-lengths",
    bench: "beside-peers",
    words: ["--mixed-lengths", "--texts-a-round", "256", "--texts-a-try", "64", "--rounds", "3"],
    quick: [
      "--mixed-lengths",
      "--texts-a-round",
      "96",
      "--texts-a-try",
      "32",
      "--rounds",
      "2",
      "--final-rounds",
      "3",
      ...nearest,
    ],
    takes: { python: true, patience: true },
  },
  {
    name: "dtypes",
    bench: "dtypes",
    quick: ["--texts-a-round", "218", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "token-budget",
    bench: "token-budget",
    quick: ["--texts-a-round", "872", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "lexicons",
    bench: "lexicons",
    quick: ["--texts-a-round", "5000", "--rounds", "5"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "memory",
    bench: "memory",
    // Generated texts: those of a short file, again and again, would be labelled once.
    words: ["--rows", "20000,200000"],
    quick: ["--rows", "5000,20000"],
    takes: {},
  },
  {
    name: "fleet",
    bench: "fleet",
    quick: ["--texts-a-round", "4000", "--rounds", "3"],
    takes: { texts: "optional", patience: true },
  },
  {
    name: "fairness",
    bench: "latency",
    quick: ["--samples", "100", "--rounds", "3"],
    takes: { texts: "optional" },
  },
  {
    name: "queue",
    bench: "queue",
    quick: ["--bulk-texts", "200000", "--single-texts", "10000", "--rounds", "3"],
    takes: { patience: true },
  },
  {
    name: "queue-shapes",
    bench: "queue-shapes",
    quick: ["--jobs", "2000"],
    takes: { patience: true },
  },
  { name: "replies", bench: "replies", quick: ["--labels", "40", "--rounds", "2"], takes: {} },
  {
    name: "redis-memory",
    bench: "redis-memory",
    quick: ["--rows", "200000"],
    takes: {},
  },
  { name: "accuracy", bench: "accuracy", quick: [], takes: {} },
  { name: "calibration", bench: "calibration", quick: [], takes: { texts: "required" } },
]

/** The folder of the benches. */
export const benchFolder = dirname(new URL(import.meta.url).pathname)
