import type { FastifyReply } from "fastify"
import { unlessEnded } from "../aborting.ts"
import { requestSignal } from "./request-signal.ts"
import type { ServerContext } from "./server-context.ts"

/**
 * Awaits work with Redis, but not forever: Redis may be away.
 *
 * @throws ValenceError `timeout`, `aborted` if the client goes; what the work throws
 */
export async function inTime<T>(
  { settings }: Pick<ServerContext, "settings">,
  reply: FastifyReply,
  work: () => Promise<T>,
): Promise<T> {
  using stop = requestSignal(reply, settings.answerTimeoutMs)
  return await unlessEnded(work(), stop.signal)
}
