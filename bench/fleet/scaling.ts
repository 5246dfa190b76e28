/**
 * A fleet that is scaled by `valence_desired_workers`, simulated second by second: the load steps up and down tenfold, and goes. The signal
 * is the one that `valence queue export` tells; replicas follow Kubernetes' documented algorithm, with the chart's limits and KEDA from zero.
 * Nothing is measured, so figures are the same everywhere:
 *
 *   npm run bench scaling -- [--target-seconds 300] [--start-seconds 60]
 */
import type { QueueStatus } from "../../src/queue/status/queue-status.ts"
import { scaleSignal } from "../../src/queue/status/scale-signal.ts"
import { readFlags } from "../../test/read-flags.ts"
import { median, printBar, printTable } from "../harness.ts"
import { Autoscaler } from "./autoscaler.ts"

const { values: flags } = readFlags({
  options: {
    "target-seconds": { type: "string", default: "300" },
    "start-seconds": { type: "string", default: "60" },
  },
})
const targetSeconds = Number(flags["target-seconds"])
/** From when a pod is wanted to when its worker takes jobs. */
const startSeconds = Number(flags["start-seconds"])
const workerTokensPerSecond = 10_000

/** Minutes, and how much comes in them, in what one worker can do; no whole number, so that no number of workers fits exactly. */
const phases = [
  { name: "nothing", minutes: 5, load: 0 },
  { name: "load", minutes: 60, load: 4.3 },
  { name: "ten times that", minutes: 90, load: 43 },
  { name: "load again", minutes: 120, load: 4.3 },
  { name: "nothing", minutes: 30, load: 0 },
] as const
/** The end of each phase, when it has settled. */
const settledMinutes = 20

/** What the queues tell, if so many tokens wait and so many workers live. */
function statusOf(waitingTokens: number, workers: number): QueueStatus {
  const empty = { delayedJobs: 0, failedJobs: 0, oldestWaitingSeconds: 0, paused: false, waitingTexts: 0 }
  const lane = { ...empty, lane: "bulk" as const, waitingJobs: waitingTokens > 0 ? 1 : 0, activeJobs: 0, waitingTokens }
  const tokensPerSecond = workers * workerTokensPerSecond
  return {
    lanes: [lane],
    deadLetters: 0,
    workers: Array.from({ length: workers }, (_, id) => ({
      ...{
        id: `${id}`,
        host: "",
        pid: 0,
        device: "",
        startedMs: 0,
        textsPerSecond: 0,
        tokensPerSecond: workerTokensPerSecond,
      },
      model: { name: "", revision: "", dtype: "", labels: [], maxLength: 512 },
    })),
    workerWanted: false,
    textsPerSecond: 0,
    tokensPerSecond,
    workerTokensPerSecond,
    backlogSeconds: waitingTokens / (tokensPerSecond || workerTokensPerSecond),
  }
}

const autoscaler = new Autoscaler()
let [waitingTokens, added, done, second] = [0, 0, 0, 0]
/** When each pod that runs was asked for. */
let pods: number[] = []
const rows: string[][] = []
let worst = 0
let mostTurns = 0
for (const { name, minutes, load } of phases) {
  const settled: { readonly backlog: number; readonly replicas: number }[] = []
  for (const end = second + minutes * 60; second < end; second++) {
    const workers = pods.filter(asked => second - asked >= startSeconds).length
    added += load * workerTokensPerSecond
    waitingTokens += load * workerTokensPerSecond
    const labelled = Math.min(waitingTokens, workers * workerTokensPerSecond)
    waitingTokens -= labelled
    done += labelled
    const status = statusOf(waitingTokens, workers)
    const replicas = autoscaler.look(second, scaleSignal(status, { targetSeconds }).desiredWorkers)
    pods = pods.slice(0, replicas)
    while (pods.length < replicas) pods.push(second)
    if (end - second <= settledMinutes * 60) settled.push({ backlog: status.backlogSeconds, replicas })
  }
  const backlog = median(settled.map(each => each.backlog))
  const replicas = settled.map(each => each.replicas)
  const steps = replicas
    .slice(1)
    .map((now, index) => now - (replicas[index] ?? now))
    .filter(step => step !== 0)
  // A fleet flaps that grows and shrinks by turns.
  const turns = steps.slice(1).filter((step, index) => Math.sign(step) !== Math.sign(steps[index] ?? step)).length
  if (load > 0) {
    worst = Math.max(worst, Math.abs(backlog / targetSeconds - 1))
    mostTurns = Math.max(mostTurns, turns)
  }
  const range = `${Math.min(...replicas)} to ${Math.max(...replicas)}`
  rows.push([
    name,
    load.toString(),
    backlog.toFixed(0),
    range,
    turns.toString(),
    waitingTokens === 0 ? "0" : waitingTokens.toFixed(0),
  ])
}

console.log(
  `Scaling by valence_desired_workers, simulated: target ${targetSeconds} s, a worker takes ${startSeconds} s to start\n`,
)
printTable(["load", "in workers", "backlog, s (median)", "replicas", "turns", "waiting tokens at its end"], rows)
console.log(`\nof the last ${settledMinutes} minutes of each load`)
printBar("backlog beside the target", worst, "<=", 0.2, worst.toFixed(2))
printBar("turns from growing to shrinking or back in 20 minutes", mostTurns, "<=", 2, `${mostTurns}`)
printBar("tokens that were added and not labelled", added - done, "<=", 0, (added - done).toFixed(0))
printBar("replicas at the end", pods.length, "<=", 0, `${pods.length}`)
