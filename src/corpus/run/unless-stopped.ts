import type { Readable } from "node:stream"
import { ValenceError } from "../../errors.ts"

/**
 * Waits for the opening of a corpus no longer than until the signal aborts: standard input may have nothing to say for
 * hours.
 *
 * @throws ValenceError `aborted`; otherwise what `work` rejects with
 */
export async function unlessStopped<T>(
  signal: AbortSignal | undefined,
  stdin: Readable,
  work: () => Promise<T>,
): Promise<T> {
  const stop = () => stdin.destroy()
  signal?.addEventListener("abort", stop)
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (error) {
    if (!signal?.aborted) throw error
    throw new ValenceError("aborted", "run was stopped before its first row was read", { cause: error })
  } finally {
    signal?.removeEventListener("abort", stop)
  }
}
