import { createBullBoard } from "@bull-board/api"
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter"
import { FastifyAdapter } from "@bull-board/fastify"
import type { Queue } from "bullmq"
import type { FastifyInstance } from "fastify"
import type { Lane } from "../../labeller.ts"
import { lanes } from "../../queue/jobs/names.ts"
import type { ServerContext } from "../server-context.ts"

const path = "/queues"

/** The page has style elements and a `base`. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", "data:"],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'self'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
}

const titles: Readonly<Record<Lane, string>> = {
  interactive: "Interactive jobs (served first)",
  bulk: "Bulk jobs",
}

/** The page's font is on another host. */
const foreignFonts = /<link href="https:\/\/fonts\.googleapis\.com\/[^>]*>/g

/** `/queues`: bull-board, for operators to look into the fleet's jobs, texts and all; not there without a fleet. */
export function addQueueBoard(app: FastifyInstance, { queues: open }: ServerContext): void {
  if (!open) return
  const { queues } = open
  const board = new FastifyAdapter().setBasePath(path)
  // To look at: what it would retry or remove by itself would leave its dead letter; `valence dead` and `valence queue` know.
  const look = (queue: Queue, displayName: string) => new BullMQAdapter(queue, { readOnlyMode: true, displayName })
  const adapters = [
    ...lanes.map(lane => look(queues.of(lane), titles[lane])),
    look(queues.dead, "Dead letters (jobs that failed for good)"),
  ]
  createBullBoard({ queues: adapters, serverAdapter: board, options: { uiConfig: { boardTitle: "Valence" } } })
  app.register(async app => {
    const { errorHandler } = app
    app.addHook("onRoute", route => {
      // Bull-board's own would answer a missing key with a 500.
      route.errorHandler = errorHandler
      route.config = { ...route.config, operator: true }
    })
    app.addHook("onRequest", async (_, reply) => reply.helmet({ contentSecurityPolicy }))
    app.addHook("onSend", async (_request, reply, payload) =>
      typeof payload === "string" && `${reply.getHeader("content-type")}`.startsWith("text/html")
        ? payload.replace(foreignFonts, "")
        : payload,
    )
    app.register(board.registerPlugin(), { prefix: path })
  })
}
