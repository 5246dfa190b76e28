import { randomUUID } from "node:crypto"
import { setMaxListeners } from "node:events"
import Fastify, { type FastifyBaseLogger, type FastifyPluginCallback, type FastifyServerOptions } from "fastify"
import { checkRequest, type MembersOf } from "../check-request.ts"
import { type Complete, completeOptions } from "../declaration.ts"
import { WorkerEmitter } from "../events.ts"
import { version } from "../files/version.ts"
import type { Labeller } from "../labeller.ts"
import { createServerMetrics } from "../metrics/create-server-metrics.ts"
import { isProducer } from "../producer/is-producer.ts"
import { QueueWatch } from "../queue/status/queue-watch.ts"
import { openBatches } from "./batches/open-batches.ts"
import { admissions } from "./hooks/admission.ts"
import { answerError, answerErrors } from "./hooks/answer-errors.ts"
import { readServerKeys, type ServerKeys } from "./hooks/api-keys.ts"
import { limitBodyTime } from "./hooks/body-time.ts"
import { ClientErrors } from "./hooks/client-errors.ts"
import { endStreamsOfHeads } from "./hooks/head-requests.ts"
import { unpackBodies } from "./hooks/json-bodies.ts"
import { limitBrowsers } from "./hooks/limit-browsers.ts"
import { limitRate } from "./hooks/limit-rate.ts"
import { measureRequests } from "./hooks/measure-requests.ts"
import { answerMissingRoutes } from "./hooks/missing-routes.ts"
import { describeApi } from "./hooks/openapi.ts"
import { Readiness } from "./hooks/readiness.ts"
import { RequestLog } from "./hooks/request-log.ts"
import { requireJson } from "./hooks/require-json.ts"
import { requireKeys } from "./hooks/require-keys.ts"
import { validatorCompiler } from "./hooks/validation.ts"
import { openJobs } from "./jobs/open-jobs.ts"
import { requireWorkersOf } from "./living-workers.ts"
import { type ServerOptions, serverOptions } from "./options.ts"
import { addRoutes } from "./routes/add-routes.ts"
import { Server } from "./server.ts"
import type { ServerContext } from "./server-context.ts"
import { fleetsOf, type ServerInputs } from "./server-inputs.ts"

/** The parts of a server; it closes none of them. */
export interface ServerRequest {
  /** Labels what names no model; lent. A fleet's producer brings jobs, batches and a look at the queues with it. */
  readonly labeller: Labeller
  /** Others that a request may name, lent; default: none. */
  readonly others?: readonly Labeller[]
  /** Reports the labeller's work; default: nothing does. */
  readonly events?: WorkerEmitter
  readonly options?: ServerOptions
  /** Registered before everything else, such as a plugin of OpenTelemetry. */
  readonly plugin?: FastifyPluginCallback | undefined
  /** A logger of pino, or its options; default: no log. */
  readonly logger?: FastifyServerOptions["logger"] | FastifyBaseLogger
}

const serverMembers: MembersOf<ServerRequest> = {
  labeller: true,
  others: true,
  events: true,
  options: true,
  plugin: true,
  logger: true,
}

/**
 * The API over HTTP, and its page.
 *
 * @throws ValenceError `option_invalid`; `redis_failed` if the queues of its fleet cannot be opened
 * @example
 * await using server = await createServer({ labeller })
 * await server.listen() // → http://127.0.0.1:8080
 */
export async function createServer(request: ServerRequest): Promise<Server> {
  checkRequest(request, serverMembers, serverOptions)
  const settings = completeOptions(serverOptions, request.options ?? {})
  const keys = await readServerKeys(settings)
  const producer = isProducer(request.labeller) ? request.labeller : undefined
  const queues = await producer?.openQueues()
  try {
    const { labeller, others = [], events = new WorkerEmitter() } = request
    return await assemble({ labeller, others, producer, queues, events }, settings, keys, request)
  } catch (error) {
    // Its connection would keep a program that cannot continue.
    await queues?.close()
    throw error
  }
}

async function assemble(
  served: ServerInputs,
  settings: Complete<typeof serverOptions>,
  keys: ServerKeys,
  { logger = false, plugin }: Pick<ServerRequest, "logger" | "plugin">,
): Promise<Server> {
  const { labeller, queues, events } = served
  const metrics = createServerMetrics({ events, model: labeller.model, devices: labeller.devices ?? [], version })
  const stop = new AbortController()
  // Every request that waits listens.
  setMaxListeners(0, stop.signal)
  const serving: ServerContext = {
    ...served,
    settings,
    requireWorkers: requireWorkersOf(settings.waitForWorkers ? [] : fleetsOf(served)),
    watch: queues && new QueueWatch(queues),
    stopping: stop.signal,
    admissionOf: admissions(settings),
    metrics,
    readiness: new Readiness(served),
  }
  const clientErrors = new ClientErrors()
  const app = Fastify({
    ...("child" in Object(logger) ? { loggerInstance: logger as FastifyBaseLogger } : { logger }),
    logController: new RequestLog(),
    bodyLimit: settings.maxBodyBytes,
    trustProxy: settings.trustProxy,
    forceCloseConnections: "idle",
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    clientErrorHandler: clientErrors.answer,
    frameworkErrors: answerError,
    routerOptions: { maxParamLength: 500 },
  })
  if (plugin) await app.register(plugin)
  app.setValidatorCompiler(validatorCompiler)
  answerErrors(app)
  measureRequests(app, metrics)
  clientErrors.watch(app)
  endStreamsOfHeads(app)
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id)
  })
  await limitBrowsers(app, settings.corsOrigin)
  requireKeys(app, keys)
  await limitRate(app, serving)
  answerMissingRoutes(app)
  limitBodyTime(app, settings.bodyTimeoutMs)
  unpackBodies(app)
  requireJson(app, settings.maxTexts)
  await describeApi(app)
  const jobs = openJobs(serving, app.log, metrics.webhook)
  const batches = openBatches(serving, app.log)
  app.addHook("onClose", async () => {
    await batches?.batches.close()
    await Promise.all(jobs.map(({ webhooks }) => webhooks?.close()))
    await queues?.close()
    metrics[Symbol.dispose]()
  })
  app.register(async app => addRoutes(app, serving, { jobs, batches, open: keys.api.empty }))
  await app.ready()
  return new Server(app, serving, stop, keys.api.empty)
}
