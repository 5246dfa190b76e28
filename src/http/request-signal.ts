import type { FastifyReply } from "fastify"
import { ValenceError } from "../errors.ts"

/** Ends the work for a request. */
export interface RequestSignal extends Disposable {
  readonly signal: AbortSignal
}

/**
 * Aborts when the client goes before it has its answer, or when the answer took too long: with `aborted` or `timeout`.
 *
 * @param timeoutMs - default: however long it takes
 */
export function requestSignal(reply: FastifyReply, timeoutMs?: number): RequestSignal {
  const stop = new AbortController()
  const end = (error: ValenceError) => stop.abort(error)
  const onClose = () => {
    if (!reply.raw.writableFinished) end(new ValenceError("aborted", "the client closed the connection"))
  }
  const onTimeout = () => end(new ValenceError("timeout", `the answer took longer than ${timeoutMs} ms`))
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs)
  if (reply.raw.destroyed) onClose()
  else reply.raw.once("close", onClose)
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      reply.raw.off("close", onClose)
    },
  }
}
