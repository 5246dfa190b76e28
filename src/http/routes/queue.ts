import { PassThrough } from "node:stream"
import type { FastifyInstance, FastifyReply } from "fastify"
import { Type } from "typebox"
import type { QueueStatus } from "../../queue/queue-status.ts"
import { guarded } from "../guarded.ts"
import { problemOf, RequestError } from "../problem.ts"
import { QueueWatch } from "../queue-watch.ts"
import { Model, problems } from "../schemas.ts"
import type { Serving } from "../serving.ts"

const Lane = Type.Object(
  {
    lane: Type.String(),
    waitingJobs: Type.Integer(),
    activeJobs: Type.Integer(),
    delayedJobs: Type.Integer({ description: "Wait for another attempt" }),
    failedJobs: Type.Integer(),
    waitingTexts: Type.Integer({ description: "Estimated from a sample where there are many jobs" }),
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
    model: Model,
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
    textsPerSecond: Type.Number(),
    tokensPerSecond: Type.Number(),
    backlogSeconds: Type.Union([Type.Number(), Type.Null()], {
      description:
        "How long the fleet needs for what waits; null where no worker lives, or none knows yet what it can do",
    }),
  },
  { title: "Queue" },
)

const description = `With \`Accept: text/event-stream\` the same object every second, as server-sent events; an event \`problem\` says why
the queues cannot be seen now. Without a fleet: 501.`

/** `GET /v1/queue`: how the fleet's queues are, once or live. */
export function addQueue(app: FastifyInstance, { queues }: Serving): void {
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
  if (!queues) {
    app.get("/v1/queue", { schema }, async () => {
      throw new RequestError(501, "a server must have a fleet to have a queue; this one was started without --redis")
    })
    return
  }
  const watch = new QueueWatch(queues)
  const streams = new Set<PassThrough>()
  // A stream would keep a server that stops from its end.
  app.addHook("preClose", async () => {
    for (const stream of streams) stream.end()
  })
  app.get("/v1/queue", { schema }, async (request, reply) => {
    reply.header("cache-control", "no-store")
    if (!/\btext\/event-stream\b/.test(request.headers.accept ?? ""))
      return reply.type("application/json; charset=utf-8").send(jsonOf(await watch.look()))
    const stream = sendEvents(reply, watch)
    streams.add(stream)
    stream.once("close", () => streams.delete(stream))
    return reply
  })
}

/** JSON has no Infinity. */
function jsonOf(status: QueueStatus): string {
  return JSON.stringify(status)
}

function sendEvents(reply: FastifyReply, watch: QueueWatch): PassThrough {
  const stream = new PassThrough()
  const send = (news: QueueStatus | Error) => {
    // A client that reads too slowly misses some.
    if (stream.writableNeedDrain || stream.writableEnded) return
    if (news instanceof Error) stream.write(`event: problem\ndata: ${JSON.stringify(problemOf(news))}\n\n`)
    else stream.write(`data: ${jsonOf(news)}\n\n`)
  }
  const stop = watch.watch(guarded(reply.log, send))
  stream.once("close", stop)
  // Proxies that collect an answer before they send it would show nothing.
  reply.headers({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" }).send(stream)
  return stream
}
