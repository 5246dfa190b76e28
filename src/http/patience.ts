import { RequestError } from "./problem.ts"

/**
 * What arrives, as long as the client sends something every so often.
 *
 * @throws RequestError 408 where it does not
 */
export async function* sentInTime<T>(body: AsyncIterable<T>, maxMs: number): AsyncGenerator<T> {
  const parts = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await within(maxMs, parts.next())
      if (done) return
      yield value
    }
  } finally {
    // Not awaited: where nothing arrives, it would not end.
    parts.return?.(undefined)?.catch(() => {})
  }
}

/** What is sent, as long as the client takes something every so often; otherwise `late` is called. */
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

async function within<T>(maxMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RequestError(408, `a stream must go on within ${maxMs} ms`)), maxMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
