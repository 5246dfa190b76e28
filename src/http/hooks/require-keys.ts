import type { FastifyInstance, FastifyRequest } from "fastify"
import { RequestError } from "../problem.ts"
import { keyOf, type ServerKeys } from "./api-keys.ts"

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route answers without an API key. */
    readonly open?: boolean
    /** Whether the route shows what belongs to all keys: then it asks for an operator key. */
    readonly operator?: boolean
  }
  interface FastifyRequest {
    /** The name of its key; empty if it has none. */
    keyName: string
  }
}

/** Asks every request for a key, if there are any, except those of routes that are open to all. */
export function requireKeys(app: FastifyInstance, keys: ServerKeys): void {
  app.decorateRequest("keyName", "")
  if (keys.api.empty && keys.operator.empty) return
  app.addHook("onRequest", async request => {
    const { open, operator } = request.routeOptions.config
    if (!open) request.keyName = operator ? operatorOf(request, keys) : callerOf(request, keys)
  })
}

/**
 * The name of the key of a request to a route that any key may call.
 *
 * @throws RequestError 401
 */
function callerOf(request: FastifyRequest, { api, operator }: ServerKeys): string {
  const key = keyOf(request.headers)
  const name = key === undefined ? undefined : (api.nameOf(key) ?? operator.nameOf(key))
  if (name !== undefined) return name
  // Clients of other servers send some key always.
  if (api.empty) return ""
  throw noKey("API", key)
}

/**
 * The name of the key of a request to a route for operators.
 *
 * @throws RequestError 401 without a key, 403 with an API key
 */
function operatorOf(request: FastifyRequest, keys: ServerKeys): string {
  const { api, operator } = keys
  const key = keyOf(request.headers)
  const name = key === undefined ? undefined : operator.nameOf(key)
  if (name !== undefined) return name
  const rule = "this page shows the jobs of all keys, and needs an operator key"
  if (operator.empty) {
    // Only the owner of a key gets the details.
    callerOf(request, keys)
    throw new RequestError(403, `${rule}: start the server with --operator-keys-file, or VALENCE_OPERATOR_KEYS`)
  }
  if (key !== undefined && api.nameOf(key) !== undefined) throw new RequestError(403, `${rule}; got an API key`)
  throw noKey("operator", key)
}

function noKey(kind: "API" | "operator", key: string | undefined): RequestError {
  const article = kind === "API" ? "an API" : "an operator"
  const rule = key === undefined ? `a request must have ${article} key` : `the ${kind} key must be one of this server's`
  // A line each: a browser that finds both in one line asks its user for nothing.
  const realm = kind === "API" ? "Valence" : "Valence operator"
  const challenges = ["Bearer", `Basic realm="${realm}", charset="UTF-8"`]
  return new RequestError(401, `${rule}: Authorization: Bearer KEY`, { "www-authenticate": challenges })
}
