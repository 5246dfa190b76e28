import { randomUUID } from "node:crypto"
import { setMaxListeners } from "node:events"
import cors from "@fastify/cors"
import helmet from "@fastify/helmet"
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify"
import { completeOptions } from "../declaration.ts"
import { asError, ValenceError } from "../errors.ts"
import { createServerMetrics } from "../metrics/create-server-metrics.ts"
import { version } from "../version.ts"
import { admissions } from "./admission.ts"
import { type ApiKeys, keyOf, readApiKeys } from "./api-keys.ts"
import { limitBodyTime } from "./body-time.ts"
import { answerClientError } from "./client-errors.ts"
import { limitRate } from "./limit-rate.ts"
import { measureRequests } from "./measure-requests.ts"
import { openJobs } from "./open-jobs.ts"
import { describeApi } from "./openapi.ts"
import { type ServerOptions, serverOptions } from "./options.ts"
import { problemHeaders, problemOf, RequestError } from "./problem.ts"
import { Readiness } from "./readiness.ts"
import { addCorpus } from "./routes/corpus.ts"
import { addExplain } from "./routes/explain.ts"
import { addHealth } from "./routes/health.ts"
import { addHuggingFace } from "./routes/hugging-face.ts"
import { addJobs } from "./routes/jobs.ts"
import { addLabel } from "./routes/label.ts"
import { addMetrics } from "./routes/metrics.ts"
import { addModels } from "./routes/models.ts"
import { addPage } from "./routes/page.ts"
import { addQueue } from "./routes/queue.ts"
import { addQueueBoard } from "./routes/queue-board.ts"
import { addTextEmbeddingsInference } from "./routes/text-embeddings-inference.ts"
import { addVllm } from "./routes/vllm.ts"
import type { Served, Serving } from "./serving.ts"
import { validatorCompiler } from "./validation.ts"

/** What a server is made of. */
export interface ServerRequest extends Served {
  readonly options?: ServerOptions
  /** A logger of pino, or its options; default: no log. */
  readonly logger?: FastifyServerOptions["logger"]
}

/** How often a server that stops looks for connections that nothing is asked on. */
const idleLookMs = 50

/** Who may ask without a key: those who look whether it lives, and browsers for the page, which holds no data. */
const openToAll = { open: true } as const

/** A line each: a browser that finds them in one asks its user for nothing. */
const challenges = ["Bearer", 'Basic realm="Valence", charset="UTF-8"']

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route answers without an API key. */
    readonly open?: boolean
  }
  interface FastifyRequest {
    /** Whose API key it has; empty where none is asked for. */
    keyName: string
  }
}

/** A server that is made and does not listen yet, or listens. */
export class Server implements AsyncDisposable {
  readonly app: FastifyInstance
  /** Whether anybody may call. */
  readonly open: boolean
  readonly #serving: Serving
  readonly #stop: AbortController
  #closing: Promise<void> | undefined

  /** @internal use `createServer` */
  constructor(app: FastifyInstance, serving: Serving, stop: AbortController, open: boolean) {
    this.app = app
    this.#stop = stop
    this.open = open
    this.#serving = serving
  }

  /**
   * Listens, once a text was labelled.
   *
   * @returns where
   * @throws ValenceError `option_invalid` where the port cannot be had
   */
  async listen(): Promise<string> {
    const { host, port } = this.#serving.settings
    await this.#serving.readiness.begin()
    try {
      return await this.app.listen({ host, port })
    } catch (cause) {
      const why = `port ${port} must be free on ${host}; got ${asError(cause).message}`
      throw new ValenceError("option_invalid", why, { cause })
    }
  }

  /** Is not ready from now on, finishes the requests under way for at most `drainSeconds`, and lets go of the port. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { readiness, settings } = this.#serving
    readiness.end()
    if (settings.unreadySeconds > 0) await new Promise(resolve => setTimeout(resolve, settings.unreadySeconds * 1000))
    this.#stop.abort()
    const late = setTimeout(() => this.app.server.closeAllConnections(), settings.drainSeconds * 1000)
    // A connection that is kept alive becomes idle when its answer is sent; nothing else would close it then.
    const idle = setInterval(() => this.app.server.closeIdleConnections(), idleLookMs)
    await this.app.close()
    clearInterval(idle)
    clearTimeout(late)
  }
}

/**
 * The API over HTTP, and its page.
 *
 * @throws ValenceError `option_invalid`
 * @example
 * await using server = await createServer({ labeller, others: [], events: new WorkerEmitter() })
 * await server.listen() // → http://127.0.0.1:8080
 */
export async function createServer({ options, logger = false, ...served }: ServerRequest): Promise<Server> {
  const settings = completeOptions(serverOptions, options ?? {})
  const keys = await readApiKeys(settings.apiKeysFile)
  const metrics = createServerMetrics({ events: served.events, model: served.labeller.model, version })
  const stop = new AbortController()
  // Every request that waits listens.
  setMaxListeners(0, stop.signal)
  const serving: Serving = {
    ...served,
    settings,
    stopping: stop.signal,
    admissionOf: admissions(settings.maxQueueMs),
    metrics,
    readiness: new Readiness(served),
  }
  const app = Fastify({
    logger,
    bodyLimit: settings.maxBodyBytes,
    trustProxy: settings.trustProxy,
    forceCloseConnections: "idle",
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    clientErrorHandler: answerClientError,
    frameworkErrors: answerError,
    routerOptions: { maxParamLength: 500 },
  })
  app.setValidatorCompiler(validatorCompiler)
  answerErrors(app)
  measureRequests(app, metrics)
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id)
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
  })
  if (settings.corsOrigin !== undefined) await app.register(cors, { origin: originsOf(settings.corsOrigin) })
  requireKeys(app, keys)
  await limitRate(app, serving)
  limitBodyTime(app, settings.bodyTimeoutMs)
  await describeApi(app)
  const jobServices = openJobs(serving, app.log, metrics.webhook)
  app.addHook("onClose", async () => {
    await jobServices?.webhooks?.close()
    metrics[Symbol.dispose]()
  })
  app.register(async app => {
    addHealth(app, serving, openToAll)
    addMetrics(app, serving)
    addModels(app, serving)
    addLabel(app, serving)
    // Each has an error handler of its own.
    app.register(async app => addHuggingFace(app, serving))
    app.register(async app => addTextEmbeddingsInference(app, serving, openToAll))
    app.register(async app => addVllm(app, serving))
    addExplain(app, serving)
    addQueue(app, serving)
    addQueueBoard(app, serving)
    addPage(app, serving, !keys.open, openToAll)
    addCorpus(app, serving)
    addJobs(app, serving, jobServices)
  })
  await app.ready()
  return new Server(app, serving, stop, keys.open)
}

/** What fails is answered as problem details; routes that speak another server's language have a handler of their own. */
function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(request => {
    const [path = ""] = request.url.split("?")
    throw new RequestError(404, `${request.method} ${path} is not there; /docs lists what is`)
  })
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem.status >= 500) request.log.error(error)
  // Who refused it may know better when to come again.
  const { "retry-after": retryAfter, ...headers } = problemHeaders(error, problem)
  if (retryAfter !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfter)
  reply
    .status(problem.status)
    .headers(headers)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send({ ...problem, requestId: request.id })
}

function requireKeys(app: FastifyInstance, keys: ApiKeys): void {
  app.decorateRequest("keyName", "")
  if (keys.open) return
  app.addHook("onRequest", async request => {
    if (request.routeOptions.config.open) return
    const key = keyOf(request.headers)
    const name = key === undefined ? undefined : keys.nameOf(key)
    if (name !== undefined) request.keyName = name
    else {
      const rule = key === undefined ? "a request must have an API key" : "the API key must be one of this server's"
      throw new RequestError(401, `${rule}: Authorization: Bearer KEY`, { "www-authenticate": challenges })
    }
  })
}

const originsOf = (given: string) => (given === "*" ? "*" : given.split(",").map(origin => origin.trim()))
