import type { Readable } from "node:stream"
import { setImmediate as nextTurn } from "node:timers/promises"

/**
 * What arrives of a body, a block in a turn of the event loop. Chunks of a client may be a byte long: handed on each by itself they would
 * hold up everyone else, as Node does all that one chunk leads to before it looks at the next.
 *
 * @param how - whether a body that is not read to its end is destroyed
 */
export async function* inBlocks(
  body: Readable,
  how: { readonly destroyOnReturn: boolean } = { destroyOnReturn: true },
): AsyncGenerator<Buffer> {
  const parts = body.iterator(how)
  try {
    for (;;) {
      await nextTurn()
      const { value, done } = await parts.next()
      if (done) return
      yield value
    }
  } finally {
    await parts.return?.()
  }
}
