import { createBullBoard } from "@bull-board/api"
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter"
import { FastifyAdapter } from "@bull-board/fastify"
import type { FastifyInstance } from "fastify"
import { lanes } from "../../queue/names.ts"
import type { Serving } from "../serving.ts"

const path = "/queues"

/** The page has style elements and a `base`; it asks another host for a font, which it does without. */
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

/** `/queues`: bull-board, for operators to look into the fleet's jobs, texts and all; not there without a fleet. */
export function addQueueBoard(app: FastifyInstance, { queues: open }: Serving): void {
  if (!open) return
  const { queues } = open
  const board = new FastifyAdapter().setBasePath(path)
  // To look at: what it would retry or remove by itself leaves its dead letter behind; `valence dead` and `valence queue` know.
  const adapters = [...lanes.map(lane => queues.of(lane)), queues.dead].map(
    queue => new BullMQAdapter(queue, { readOnlyMode: true }),
  )
  createBullBoard({ queues: adapters, serverAdapter: board, options: { uiConfig: { boardTitle: "Valence" } } })
  app.register(async app => {
    const { errorHandler } = app
    app.addHook("onRoute", route => {
      // Bull-board's own would answer a missing key with a 500.
      route.errorHandler = errorHandler
      route.config = { ...route.config, operator: true }
    })
    app.addHook("onRequest", async (_, reply) => reply.helmet({ contentSecurityPolicy }))
    app.register(board.registerPlugin(), { prefix: path })
  })
}
