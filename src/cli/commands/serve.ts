import type { Command } from "commander"
import { WorkerEmitter } from "../../events.ts"
import { serverOptions } from "../../http/options.ts"
import type { Labeller } from "../../labeller.ts"
import { bundledLexicons } from "../../lexicon/find-lexicon.ts"
import { createLexiconLabeller } from "../../lexicon/lexicon-labeller.ts"
import { classifierOptions } from "../../options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { withFleetDefaults } from "../fleet-flags.ts"
import { commandLog } from "../log.ts"
import { logOptions } from "../log-options.ts"
import { openLabellerOrFleet, serverFleetOptions } from "../open-labeller.ts"
import { moreFleetsOptions, openMoreFleets } from "../parts/more-fleets.ts"
import { startTracing } from "../parts/start-tracing.ts"
import { endStopped, listenForStop } from "../stop-signals.ts"
import { traceOptions } from "../trace-options.ts"
import { surviveUnforeseen } from "../unforeseen.ts"

/** Loaded when it is needed: `valence --help` should not wait for fastify. */
function loadServer() {
  return import("../../http/create-server.ts")
}

/** The bundled lexicons, but for those that label anyway: the page shows them next to the model. */
function openLexicons(labellers: readonly Labeller[]): Promise<Labeller[]> {
  const names = bundledLexicons.filter(name => !labellers.some(({ model }) => model.name === name))
  return Promise.all(names.map(name => createLexiconLabeller({ model: name })))
}

async function serve(chosen: Readonly<Record<string, unknown>>, command: Command): Promise<void> {
  const { createServer } = await loadServer()
  const given = withFleetDefaults(chosen, command)
  const options = pickOptions(serverOptions, given)
  const events = new WorkerEmitter()
  const log = commandLog()
  const stop = listenForStop(() =>
    log.info({ event: "stopping" }, "stopping: requests under way are finished; Ctrl-C again stops at once"),
  )
  await using tracing = await startTracing(given, "valence-serve")
  tracing?.follow(events)
  const untilWorker = options.waitForWorkers ? ("wait" as const) : ("are refused" as const)
  const opening = { events, isLong: true, untilWorker, signal: stop.signal, telemetry: tracing?.telemetry }
  await using labeller = await openLabellerOrFleet({ ...given, whenFull: "reject" }, opening).catch(endStopped)
  if (labeller === undefined) return
  await using more = await openMoreFleets(given, labeller, opening).catch(endStopped)
  if (more === undefined) return
  const others = [...more.fleets, ...(await openLexicons([labeller, ...more.fleets]))]
  const served = { labeller, others, events }
  await using server = await createServer({ ...served, options, logger: log, plugin: tracing?.plugin })
  // A server has many clients: what one of them brings about must not end the work for the others.
  using _survive = surviveUnforeseen(error => server.unforeseen(error))
  const url = await server.listen()
  if (server.open && !isLocal(options.host))
    log.warn(`anybody who reaches ${options.host} may label: set --api-keys-file, or VALENCE_API_KEYS`)
  const by = labeller.isFleet ? ", labelled by the fleet" : ""
  log.info(
    { event: "ready", url, model: labeller.model.name, fleet: labeller.isFleet === true },
    `ready: ${url} answers with ${labeller.model.name}${by}; Ctrl-C stops it`,
  )
  const lost = new Promise<void>(resolve => events.once("devicesLost", () => resolve()))
  const asked = new Promise<void>(resolve => stop.signal.addEventListener("abort", () => resolve(), { once: true }))
  if (!stop.signal.aborted) await Promise.race([asked, lost])
  await server.close()
  stop[Symbol.dispose]()
  if (!stop.signal.aborted) process.exitCode = 1
}

const isLocal = (host: string) => /^(127\.|localhost$|::1$)/.test(host)

const help = `
Examples:
  valence serve                                     an API and a page on http://127.0.0.1:8080, labelled in this process
  valence serve --redis redis://queue:6379          in front of a fleet: any number of these
  VALENCE_REDIS=rediss://:secret@queue:6380 valence serve
  curl http://127.0.0.1:8080/v1/label -H 'content-type: application/json' -d '{"text": "I love it"}'

Documentation of the API: /docs. Health: /livez, /readyz; metrics: /metrics.
Exit code: 0 it was stopped, 1 no device is left, 2 it could not be started.`

/** Adds `valence serve`. */
export function addServe(program: Command): void {
  const command = program
    .command("serve")
    .description("run an HTTP server: an API, routes for clients of other servers, and a page to try it")
    .addHelpText("after", help)
  for (const declarations of [
    serverOptions,
    logOptions,
    traceOptions,
    serverFleetOptions,
    moreFleetsOptions,
    classifierOptions,
  ])
    addFlags(command, declarations)
  command.action(serve)
}
