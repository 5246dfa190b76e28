import type { FastifyBaseLogger } from "fastify"
import { asError } from "../errors.ts"

/**
 * A callback for an event or a timer. No request's handler waits for it, so an error would end the process: what it throws, or
 * rejects with, is logged instead.
 */
export function guarded<Args extends unknown[]>(
  log: Pick<FastifyBaseLogger, "error">,
  callback: (...args: Args) => unknown,
): (...args: Args) => void {
  const report = (error: unknown) => log.error(asError(error), "a callback failed")
  return (...args) => {
    try {
      const done = callback(...args)
      if (done instanceof Promise) done.catch(report)
    } catch (error) {
      report(error)
    }
  }
}
