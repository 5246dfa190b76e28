import type { FastifyInstance } from "fastify"
import { guarded } from "../guarded.ts"
import { RequestError } from "../problem.ts"

/** Bounds how long a body may take to arrive, against clients that send a byte now and then. Streamed bodies have no bound. */
export function limitBodyTime(app: FastifyInstance, bodyTimeoutMs: number): void {
  app.addHook("preParsing", async (request, reply, payload) => {
    const late = new RequestError(408, `the body took longer than ${bodyTimeoutMs} ms to arrive`, {
      connection: "close",
    })
    const timer = setTimeout(
      guarded(request.log, () => reply.send(late)),
      bodyTimeoutMs,
    )
    const stop = () => clearTimeout(timer)
    payload.once("end", stop).once("close", stop).once("error", stop)
    request.bodyTimer = timer
    return payload
  })
  app.addHook("preHandler", async request => {
    clearTimeout(request.bodyTimer)
  })
}

declare module "fastify" {
  interface FastifyRequest {
    bodyTimer?: NodeJS.Timeout
  }
}
