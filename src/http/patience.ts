import { timeLimit, unlessEnded } from "../aborting.ts"
import { RequestError } from "./problem.ts"

/**
 * The body, as long as the client keeps sending.
 *
 * @throws RequestError 408 if it does not
 */
export async function* sentInTime<T>(body: AsyncIterable<T>, maxMs: number): AsyncGenerator<T> {
  const parts = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await arrived(maxMs, parts.next())
      if (done) return
      yield value
    }
  } finally {
    // Not awaited: where nothing arrives, it would not end.
    parts.return?.(undefined)?.catch(() => {})
  }
}

/** The answer, as long as the client keeps reading; otherwise `late` is called. */
export async function* takenInTime<T>(parts: AsyncIterable<T>, maxMs: number, late: () => void) {
  for await (const part of parts) {
    // Between the two of these the one who sends it waits for the client.
    const timer = setTimeout(late, maxMs)
    try {
      yield part
    } finally {
      clearTimeout(timer)
    }
  }
}

async function arrived<T>(maxMs: number, work: Promise<T>): Promise<T> {
  using late = timeLimit(maxMs)
  return await unlessEnded(work, late.signal).catch((error: unknown) => {
    throw late.signal.aborted ? new RequestError(408, `a stream made no progress for ${maxMs} ms`) : error
  })
}
