import type { Command } from "commander"
import { count, text } from "../../declaration.ts"
import { ValenceError } from "../../errors.ts"
import { WorkerEmitter } from "../../events.ts"
import { version } from "../../files/version.ts"
import type { Labeller } from "../../labeller.ts"
import type { Metrics } from "../../metrics/create-metrics.ts"
import { classifierOptions } from "../../options.ts"
import { workerOptions } from "../../worker/options.ts"
import type { DrainOutcome, Worker } from "../../worker/worker.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { commandLog } from "../log.ts"
import { logOptions } from "../log-options.ts"
import { openShownLabeller, withTuning } from "../open-labeller.ts"
import { logEvents } from "../parts/log-events.ts"
import { startTracing } from "../parts/start-tracing.ts"
import { endStopped, listenForStop } from "../stop-signals.ts"
import { traceOptions } from "../trace-options.ts"

/** The port of a worker's health and metrics. */
export const portOptions = {
  port: count({
    default: 9464,
    min: 0,
    max: 65_535,
    unit: "port",
    noun: "a port number",
    env: "VALENCE_PORT",
    help: "port of /livez, /readyz and /metrics; 0 uses a free one",
  }),
  host: text({
    default: "127.0.0.1",
    unit: "host",
    env: "VALENCE_HOST",
    help: "address to listen on; 0.0.0.0 for all",
  }),
} as const

/** What a worker that could not finish its jobs ends with; they are back in their queues. */
const handedBackExitCode = 1

/** Loaded when they are needed: `valence --help` should not wait for BullMQ. */
async function loadFleet() {
  const [{ createWorker }, { HealthServer }, { createMetrics }] = await Promise.all([
    import("../../worker/create-worker.ts"),
    import("../../worker/health-server.ts"),
    import("../../metrics/create-metrics.ts"),
  ])
  return { createWorker, HealthServer, createMetrics }
}

async function work(given: Readonly<Record<string, unknown>>): Promise<void> {
  const { createWorker, HealthServer, createMetrics } = await loadFleet()
  const { port, host } = pickOptions(portOptions, given)
  const options = withTuning(pickOptions(classifierOptions, given))
  const events = new WorkerEmitter()
  const hurry = new AbortController()
  const log = commandLog()
  let worker: Worker | undefined
  let metrics: Metrics | undefined
  const stop = listenForStop(
    () => {
      const jobs = worker?.jobs ?? 0
      log.info({ event: "draining", jobs }, `draining: ${jobs} jobs are at work; a second signal gives them back`)
    },
    process,
    // A worker that is not there yet has no jobs to give back.
    code => (worker === undefined ? process.exit(code) : hurry.abort()),
  )
  await using tracing = await startTracing(given, "valence-work")
  tracing?.follow(events)
  await using labeller = await openShownLabeller(options, { events, signal: stop.signal }).catch(endStopped)
  if (labeller === undefined) return
  const devices = labeller.devices ?? []
  logEvents(events, log)
  const lost = new Promise<void>(resolve => events.once("devicesLost", () => resolve()))
  await using health = await HealthServer.listen(
    {
      problem: async () => (worker === undefined ? "starting" : worker.problem()),
      async metrics() {
        if (metrics === undefined) throw new ValenceError("closed", "the worker has not started yet")
        metrics.setReady(worker?.ready ?? false)
        return { contentType: metrics.contentType, text: await metrics.text() }
      },
    },
    host,
    port,
  )
  worker = await createWorker({
    options: pickOptions(workerOptions, given),
    labeller,
    events,
    telemetry: tracing?.telemetry,
    onWarning: warning => log.warn(warning),
  })
  const { model } = labeller
  const { concurrency } = worker
  metrics = createMetrics({ events, model, device: worker.device, devices, concurrency, version })
  const { name, dtype, revision } = model
  log.info(
    { event: "ready", ready: worker.ready, model: { name, dtype, revision }, devices, concurrency, url: health.url },
    `${describe(worker, labeller)}; ${health.url}/metrics`,
  )
  const asked = new Promise<void>(resolve => stop.signal.addEventListener("abort", () => resolve(), { once: true }))
  if (!stop.signal.aborted) await Promise.race([lost, asked])
  const outcome = await worker.drain(hurry.signal)
  await worker.close()
  stop[Symbol.dispose]()
  log.info({ event: "stopped", outcome }, `stopped: ${stoppedWords[outcome]}`)
  if (outcome !== "drained" || !stop.signal.aborted) process.exitCode = handedBackExitCode
}

const stoppedWords: Readonly<Record<DrainOutcome, string>> = {
  drained: "no job is at work",
  handed_back: "jobs that were at work are back in their queues",
  left: "redis is away; jobs that were at work go back when their locks run out",
}

function describe({ concurrency, ready }: Worker, labeller: Labeller): string {
  const { model } = labeller
  const devices = (labeller.devices ?? []).map(
    ({ device, children, maxBatchTokens }) => `${device} (children ${children}, token budget ${maxBatchTokens})`,
  )
  const where = devices.length === 0 ? "" : ` on ${devices.join(", ")}`
  const jobs = `${concurrency.interactive} interactive and ${concurrency.bulk} bulk jobs at a time`
  // It says so itself when Redis gives jobs again.
  const state = ready ? "ready" : "waiting for redis"
  return `${state}: ${model.name} ${model.dtype} ${model.revision}${where}, ${jobs}`
}

const help = `
Examples:
  valence work                                            one device child a core, Redis on this machine
  valence work --redis rediss://:secret@queue:6380/2 --device cpu:4
  valence work --model afinn-111 --port 0                 a lexicon's worker

Answers on its port: /livez (the process is there), /readyz (a text went through the device, and Redis answers), /metrics.
SIGTERM: jobs at work are finished, at most --drain-seconds long; then, or at a second signal, they are given back.
Exit code: 0 drained, 1 jobs were given back or no device is left, 2 the worker could not be started.`

/** Adds `valence work`. */
export function addWork(program: Command): void {
  const command = program
    .command("work")
    .description("run a worker that labels jobs from Redis")
    .addHelpText("after", help)
  for (const declarations of [workerOptions, portOptions, logOptions, traceOptions, classifierOptions])
    addFlags(command, declarations)
  command.action(work)
}
