/**
 * Works on items, several at a time, and gives what comes of them in the items' order.
 *
 * @param most - items that are at work at a time
 * @throws the error of the work, after the results of the items before
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  most: number,
): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]()
  const begun: Promise<R>[] = []
  let ended = false
  try {
    for (;;) {
      while (!ended && begun.length < most) {
        const next = await source.next()
        if (next.done) ended = true
        else begun.push(heard(work(next.value)))
      }
      const head = begun.shift()
      if (head === undefined) return
      yield await head
    }
  } finally {
    await source.return?.()
  }
}

/** Work may fail while the one before it is awaited. */
function heard<R>(work: Promise<R>): Promise<R> {
  work.catch(() => {})
  return work
}
