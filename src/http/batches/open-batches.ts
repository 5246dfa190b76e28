import type { FastifyBaseLogger } from "fastify"
import { RequestError } from "../problem.ts"
import type { ServerContext } from "../server-context.ts"
import { BatchStore } from "./batch-store.ts"
import { Batches } from "./batches.ts"
import { Files } from "./files.ts"

/** What the routes of files and batches work with; a server without a fleet has none. */
export interface BatchServices {
  readonly files: Files
  readonly batches: Batches
}

/** Opens files and batches; `undefined` without a fleet. */
export function openBatches(serving: ServerContext, log: FastifyBaseLogger): BatchServices | undefined {
  const { producer, settings } = serving
  if (!producer) return undefined
  const { redis, keyPrefix } = producer
  const files = new Files(redis, keyPrefix, settings)
  const store = new BatchStore(redis, keyPrefix, settings.keepFileSeconds)
  return { files, batches: new Batches(producer, { store, files, serving, log }) }
}

/** @throws RequestError 501 */
export function requireBatches(services: BatchServices | undefined): BatchServices {
  if (services) return services
  throw new RequestError(501, "files and batches need a fleet: start the server with --redis")
}
