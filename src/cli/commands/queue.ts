import { stderr } from "node:process"
import type { Command } from "commander"
import { choice, count, toggle } from "../../declaration.ts"
import type { Lane } from "../../labeller.ts"
import { isEmpty } from "../../queue/drain-lanes.ts"
import { lanes } from "../../queue/jobs/names.ts"
import { redisOptions } from "../../queue/redis/redis-options.ts"
import { scaleOptions } from "../../queue/status/scale-options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { loadQueues } from "../load-queues.ts"
import { logOptions } from "../log-options.ts"
import { exportOptions } from "../parts/export-options.ts"
import { openScreen, watch } from "../parts/watch.ts"
import { describeStatus, statusJson } from "../show/describe-queues.ts"
import { openDrainDisplay } from "../show/drain-display.ts"
import { endInterrupted, listenForStop } from "../stop-signals.ts"

/** The output of `valence queue status`. */
export const statusOptions = {
  json: toggle({ help: "print a JSON object" }),
  watch: toggle({ help: "repeat every 2 s, until Ctrl-C" }),
} as const

/** Which lanes a command is about. */
export const laneOptions = {
  lane: choice({ default: undefined, choices: lanes, unit: "lane", help: "only this lane (default: both)" }),
} as const

/** How long `valence queue drain` waits. */
export const drainOptions = {
  timeoutSeconds: count({
    default: undefined,
    min: 1,
    max: 2_000_000,
    unit: "seconds",
    help: "give up after this time (default: never)",
  }),
} as const

type Options = Readonly<Record<string, unknown>>

/** What a drain ends with whose time has passed. */
const notEmptyExitCode = 1
const watchEveryMs = 2000

const lanesOf = (given: Options): readonly Lane[] => {
  const { lane } = pickOptions(laneOptions, given)
  return lane === undefined ? lanes : [lane]
}

async function status(given: Options): Promise<void> {
  const { openQueues, queueStatus } = await loadQueues()
  const options = pickOptions(statusOptions, given)
  await using open = await openQueues(pickOptions(redisOptions, given))
  const look = async () => {
    const now = await queueStatus(open.queues, open.fleet)
    return options.json ? statusJson(now) : describeStatus(now)
  }
  if (!options.watch) return void console.log(await look())
  using stop = listenForStop(() => {})
  using screen = openScreen(process.stdout)
  await watch(look, text => screen.show(text), stop.signal, watchEveryMs)
}

async function pause(given: Options): Promise<void> {
  const { openQueues, pauseLanes } = await loadQueues()
  await using open = await openQueues(pickOptions(redisOptions, given))
  for (const { lane } of await pauseLanes(open.queues, lanesOf(given)))
    console.log(`${lane}: paused, workers take none of its jobs`)
}

async function resume(given: Options): Promise<void> {
  const { openQueues, resumeLanes } = await loadQueues()
  await using open = await openQueues(pickOptions(redisOptions, given))
  for (const { lane } of await resumeLanes(open.queues, lanesOf(given)))
    console.log(`${lane}: not paused, workers take its jobs`)
}

async function drain(given: Options): Promise<void> {
  const { openQueues, drainLanes } = await loadQueues()
  const { timeoutSeconds } = pickOptions(drainOptions, given)
  await using open = await openQueues(pickOptions(redisOptions, given))
  using stop = listenForStop(() => {})
  using display = openDrainDisplay(stderr)
  let nobody = (await open.fleet.workers()).length === 0
  const outcome = await drainLanes(open.queues, lanesOf(given), {
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
    signal: stop.signal,
    onLook(left) {
      if (nobody && !left.every(isEmpty)) {
        display.print("no worker listens: start one with valence work")
        nobody = false
      }
      display.show(left)
    },
  }).catch(endInterrupted)
  if (outcome === "empty") console.log("drained: no job waits, is delayed or active")
  if (outcome !== "timeout") return
  display.print(`not drained within ${timeoutSeconds} s (--timeout-seconds): ${display.described}`)
  process.exitCode = notEmptyExitCode
}

/** Loaded when it is needed: `valence --help` should not wait for BullMQ. */
async function exporter(given: Options): Promise<void> {
  const { exportQueues } = await import("../parts/export-queues.ts")
  await exportQueues(given)
}

const help = `
Examples:
  valence queue status --watch
  valence queue status --json | jq .backlogSeconds
  valence queue pause --lane bulk                    workers label interactive jobs alone
  valence queue resume
  valence queue drain --timeout-seconds 600          before an upgrade, for example`

const statusHelp = `
backlogSeconds is the time that the fleet needs for the backlog; if no worker lives, the time that one would need.

Examples:
  valence queue status
  valence queue status --watch --redis redis://queue:6379

Exit code: 0, also after Ctrl-C; 2 the queues could not be looked at.`

const pauseHelp = `
Running jobs continue, and producers can still add jobs. New workers respect the pause until valence queue resume.

Examples:
  valence queue pause
  valence queue pause --lane bulk

Exit code: 0 it is so now, 2 it could not be done.`

const resumeHelp = `
Examples:
  valence queue resume
  valence queue resume --lane bulk

Exit code: 0 it is so now, 2 it could not be done.`

const drainHelp = `
Waits until no job waits, is delayed or active, and prints how many are left. It drops no job, and it does not stop
producers: while they add jobs a queue may never get empty, so stop them first.

Examples:
  valence queue drain
  valence queue drain --lane bulk --timeout-seconds 600 && valence queue pause --lane bulk

Exit code: 0 the queues are empty, 1 the time passed, 2 they could not be looked at, 130 it was stopped.`

const exportHelp = `
GET /metrics has the queues, the living workers, and valence_desired_workers, for Prometheus, KEDA or an HPA; GET /v1/queue/scale has the
same as JSON. They are there when no worker lives, which is how a fleet scales from zero. While Redis does not answer, valence_redis_up is 0,
the others are absent, and the JSON is a 503: there is never a zero that was not counted.

Examples:
  valence queue export
  valence queue export --redis redis://queue:6379 --host 0.0.0.0 --target-seconds 600
  curl http://127.0.0.1:9465/v1/queue/scale

Exit code: 0 it was stopped, 2 it could not be started.`

/** Adds `valence queue status|pause|resume|drain|export`. */
export function addQueue(program: Command): void {
  const queue = program
    .command("queue")
    .description("show the queues; pause, resume and drain them")
    .addHelpText("after", help)
  const add = (name: string, what: string, more: string, groups: Parameters<typeof addFlags>[1][]) => {
    const command = queue.command(name).description(what).addHelpText("after", more)
    for (const declarations of [...groups, redisOptions]) addFlags(command, declarations)
    return command
  }
  add("status", "show the backlog, the workers and the time they need", statusHelp, [statusOptions]).action(status)
  add("pause", "stop workers from taking jobs", pauseHelp, [laneOptions]).action(pause)
  add("resume", "let workers take jobs again", resumeHelp, [laneOptions]).action(resume)
  add("drain", "wait until the queues are empty", drainHelp, [laneOptions, drainOptions]).action(drain)
  add("export", "serve metrics of the queues to Prometheus and autoscalers", exportHelp, [
    exportOptions,
    scaleOptions,
    logOptions,
  ]).action(exporter)
}
