import { PassThrough } from "node:stream"
import type { FastifyInstance, FastifyReply } from "fastify"
import { Type } from "typebox"
import type { QueueStatus } from "../../queue/status/queue-status.ts"
import type { QueueWatch } from "../../queue/status/queue-watch.ts"
import { scaleSignal } from "../../queue/status/scale-signal.ts"
import { guarded } from "../guarded.ts"
import { problemOf, RequestError } from "../problem.ts"
import { ModelSchema, problems } from "../schemas.ts"
import type { ServerContext } from "../server-context.ts"

const Lane = Type.Object(
  {
    lane: Type.String(),
    waitingJobs: Type.Integer(),
    activeJobs: Type.Integer(),
    delayedJobs: Type.Integer({ description: "Wait for another attempt" }),
    failedJobs: Type.Integer(),
    waitingTexts: Type.Integer({ description: "Estimated from a sample if there are many jobs" }),
    waitingTokens: Type.Integer({ description: "Estimated" }),
    oldestWaitingSeconds: Type.Number(),
    paused: Type.Boolean(),
  },
  { title: "LaneStatus" },
)

const Worker = Type.Object(
  {
    id: Type.String(),
    host: Type.String(),
    pid: Type.Integer(),
    model: ModelSchema,
    device: Type.String(),
    startedMs: Type.Number(),
    tokensPerSecond: Type.Number({ description: "What it can do" }),
    textsPerSecond: Type.Number({ description: "What it did lately" }),
  },
  { title: "Worker" },
)

const QueueResponse = Type.Object(
  {
    lanes: Type.Array(Lane),
    deadLetters: Type.Integer(),
    workers: Type.Array(Worker),
    workerWanted: Type.Boolean({
      description: "Whether a request needed a worker within the last minute, and found none",
    }),
    textsPerSecond: Type.Number(),
    tokensPerSecond: Type.Number(),
    workerTokensPerSecond: Type.Optional(
      Type.Number({ description: "What one worker can do; absent if none has ever reported it" }),
    ),
    backlogSeconds: Type.Number({
      description: "How long the fleet needs for what waits; if it has no worker, how long one would need",
    }),
  },
  { title: "Queue" },
)

const ScaleResponse = Type.Object(
  {
    waitingTexts: Type.Integer({ description: "In lanes that are not paused; estimated if there are many jobs" }),
    waitingTokens: Type.Integer({ description: "The same in tokens" }),
    oldestWaitingSeconds: Type.Number({ description: "0 if none waits" }),
    workers: Type.Integer({ description: "Workers that run" }),
    tokensPerSecond: Type.Number({ description: "What they can do together" }),
    backlogSeconds: Type.Number({
      description: "How long they need for what waits; if there are none, how long one would need",
    }),
    desiredWorkers: Type.Integer({
      description: "How many do what waits within --target-seconds; 0 if no job waits or is active",
    }),
  },
  { title: "ScaleSignal" },
)

const scaleDescription = `Plain numbers for an autoscaler, such as KEDA's \`metrics-api\`: always finite, and there when no worker is. If
Redis does not answer: 503, never a zero.`

const description = `With \`Accept: text/event-stream\` the same object every second, as server-sent events; an event \`problem\` says why
the queues cannot be seen now. Without a fleet: 501.`

/** `GET /v1/queue`: how the fleet's queues are, once or live; `GET /v1/queue/scale`: what to scale the fleet by. */
export function addQueueRoutes(app: FastifyInstance, { watch, settings }: ServerContext): void {
  const schema = {
    tags: ["Queue"],
    operationId: "getQueue",
    summary: "How the fleet's queues are",
    description,
    response: {
      200: {
        description: "The queues and their workers",
        content: {
          "application/json": { schema: QueueResponse },
          "text/event-stream": { schema: { type: "string" } },
        },
      },
      ...problems(401, 429, 501, 503),
    },
  }
  const scaleSchema = {
    tags: ["Queue"],
    operationId: "getScaleSignal",
    summary: "What to scale the fleet by",
    description: scaleDescription,
    response: { 200: ScaleResponse, ...problems(401, 429, 501, 503) },
  }
  if (!watch) {
    const refuse = async () => {
      throw new RequestError(501, "a server must have a fleet to have a queue; this one was started without --redis")
    }
    app.get("/v1/queue", { schema }, refuse)
    app.get("/v1/queue/scale", { schema: scaleSchema }, refuse)
    return
  }
  const streams = new Set<PassThrough>()
  // A stream would keep a server that stops from its end.
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end()
  })
  app.get("/v1/queue/scale", { schema: scaleSchema }, async (_, reply) =>
    reply.header("cache-control", "no-store").send(scaleSignal(await watch.look(), settings)),
  )
  app.get("/v1/queue", { schema }, async (request, reply) => {
    reply.header("cache-control", "no-store")
    if (!/\btext\/event-stream\b/.test(request.headers.accept ?? ""))
      return reply.type("application/json; charset=utf-8").send(JSON.stringify(await watch.look()))
    const stream = sendEvents(reply, watch)
    streams.add(stream)
    stream.once("close", () => streams.delete(stream))
    return reply
  })
}

function sendEvents(reply: FastifyReply, watch: QueueWatch): PassThrough {
  const stream = new PassThrough()
  const send = (news: QueueStatus | Error) => {
    // A client that reads too slowly misses some.
    if (stream.writableNeedDrain || stream.writableEnded) return
    if (news instanceof Error) stream.write(`event: problem\ndata: ${JSON.stringify(problemOf(news))}\n\n`)
    else stream.write(`data: ${JSON.stringify(news)}\n\n`)
  }
  const stop = watch.watch(guarded(reply.log, send))
  stream.once("close", stop)
  // Proxies that collect an answer before they send it would show nothing.
  reply.headers({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" }).send(stream)
  return stream
}
