/** What `npm run bench` asks, each answered by a bench of its own. */
import { dirname } from "node:path"
import { bundledCheckpoint, exportOf } from "./peers/peer-folders.ts"

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

export const questions: readonly Question[] = [
  {
    name: "engines",
    bench: "beside-peers.ts",
    quick: ["--texts-a-round", "436", "--texts-a-try", "109", "--rounds", "3"],
    takes: { texts: "optional", python: true, patience: true },
  },
  {
    name: "single-text",
    bench: "single-text.ts",
    quick: ["--texts-a-round", "50", "--rounds", "5"],
    takes: { texts: "optional", python: true, patience: true },
  },
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
    takes: { patience: true },
  },
  {
    name: "memory",
    bench: "corpus/memory.ts",
    words: ["--rows", "20000,200000"],
    quick: ["--rows", "5000,20000"],
    takes: { texts: "optional" },
  },
]

/** The folder of the benches. */
export const benchFolder = dirname(new URL(import.meta.url).pathname)
