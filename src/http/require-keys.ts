import type { FastifyInstance } from "fastify"
import { type ApiKeys, keyOf } from "./api-keys.ts"
import { RequestError } from "./problem.ts"

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

/** Asks every request for a key, where there are any, but those of routes that are open to all. */
export function requireKeys(app: FastifyInstance, keys: ApiKeys): void {
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
