import { setTimeout as wait } from "node:timers/promises"
import { ValenceError } from "../../errors.ts"
import type { Labeller } from "../../labeller.ts"

const retryMs = 250

/**
 * A labeller for a stream: if a fleet's queue is full it waits, so that the client does too, and all of its calls end with the
 * stream.
 *
 * @param note - called when texts begin to be labelled; disposes when that is over
 */
export function streamLabeller(
  labeller: Labeller,
  ended: AbortSignal,
  note: (texts: readonly string[]) => Disposable,
): Labeller {
  return {
    model: labeller.model,
    async label(texts, options = {}) {
      const signal = options.signal ? AbortSignal.any([ended, options.signal]) : ended
      using _ = note(texts)
      for (;;) {
        try {
          return await labeller.label(texts, { ...options, signal })
        } catch (error) {
          if (!(error instanceof ValenceError) || error.code !== "queue_full") throw error
          await wait(retryMs * (0.5 + Math.random()), undefined, { signal })
        }
      }
    },
    // It is lent.
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}
