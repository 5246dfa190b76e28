/**
 * Kills what can be killed in the middle of corpus runs through a fleet, and takes Redis away as failovers, networks and
 * operators do; then looks whether every row is labelled once, and whether the run goes on within 15 s:
 *
 *   npm run chaos -- --trials 100 [--kinds worker,producer] [--seed N] [--parallel 2] [--rows 1000]
 *
 * Without --kinds all are played; partition needs root. A trial is played again by its seed: npm run chaos -- --kinds KIND --trials 1 --seed SEED
 */

import { readFlags } from "../read-flags.ts"
import { describeTrials } from "./describe-trials.ts"
import type { Disaster } from "./disaster.ts"
import { type DisasterKind, disasters } from "./disasters.ts"
import { patienceKinds, playPatience } from "./patience.ts"
import { type Played, playTrials } from "./play-trials.ts"
import type { TrialResult } from "./trial.ts"

const kinds = [...Object.keys(disasters), ...Object.keys(patienceKinds)]
const { values: flags } = readFlags(
  {
    options: {
      trials: { type: "string", default: "10" },
      kinds: { type: "string", default: kinds.join(",") },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      parallel: { type: "string", default: "1" },
      rows: { type: "string", default: "1000" },
    },
  },
  `\nKinds: ${kinds.join(", ")}`,
)
const trials = Number(flags.trials)
const seed = Number(flags.seed)

function tell({ kind, seed, seconds, standstillMs, problems, log }: TrialResult): void {
  const stood = standstillMs === undefined ? "" : `, stood still for ${(standstillMs / 1000).toFixed(1)} s at most`
  console.log(`${kind} ${seed}: ${problems.length === 0 ? "passed" : "FAILED"}, ${seconds.toFixed(1)} s${stood}`)
  for (const problem of problems) console.log(`  ${problem}`)
  if (log) console.log(log.replaceAll(/^/gm, "    "))
}

console.log(`seed ${seed}`)
const all: Played[] = []
for (const kind of flags.kinds.split(",")) {
  if (kind in disasters) {
    const disaster: Disaster = disasters[kind as DisasterKind]
    const lack = disaster.lack?.()
    if (lack !== undefined) {
      console.log(`${kind}: skipped, it needs ${lack}`)
      continue
    }
    const play = { trials, seed, parallel: Number(flags.parallel), rows: Number(flags.rows), onResult: tell }
    all.push(await playTrials(kind as DisasterKind, play))
  } else if (kind in patienceKinds) all.push(await playPatience(kind as keyof typeof patienceKinds, trials, tell))
  else throw new Error(`kinds must be of ${kinds.join(", ")}; got ${kind}`)
}
console.log(describeTrials(all))
const failed = all.flatMap(({ results }) => results).filter(({ problems }) => problems.length > 0)
process.exitCode = failed.length > 0 ? 1 : 0
