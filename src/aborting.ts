import { longestTimerMs } from "./declaration.ts"

/** Waits for something to end, well or not, for a number of ms at most. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work.then(undefined, () => {}), late])
  clearTimeout(timer)
}

/**
 * A signal that aborts with a TimeoutError after a number of ms, unless it is disposed before.
 *
 * `AbortSignal.timeout` within `AbortSignal.any` never aborts in Node 20 and early 22 once garbage was collected: nothing holds it. This one's
 * timer does.
 */
export function timeLimit(ms: number): { readonly signal: AbortSignal } & Disposable {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(new DOMException(`took longer than ${ms} ms`, "TimeoutError")), ms)
  return { signal: stop.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}

/** Settles as `work` does, or rejects with the signal's reason if it aborts first; `work` itself is not cancelled. */
export async function unlessEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {}
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop, { once: true })
  })
  try {
    return await Promise.race([work, ended])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

/** Aborts `stop` with a reason after a number of ms, unless it is disposed before; never after `Infinity`. */
export function abortAfter(stop: AbortController, ms: number, reason?: unknown): Disposable {
  if (ms === Infinity) return { [Symbol.dispose]() {} }
  const timer = setTimeout(() => stop.abort(reason), Math.min(ms, longestTimerMs))
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}

/** Aborts `stop` a number of ms after the signal did, unless it is disposed before. */
export function abortBehind(stop: AbortController, signal: AbortSignal | undefined, ms: number): Disposable {
  let waiting: Disposable | undefined
  const begin = () => {
    waiting = abortAfter(stop, ms)
  }
  if (signal?.aborted) begin()
  else signal?.addEventListener("abort", begin, { once: true })
  return {
    [Symbol.dispose]() {
      waiting?.[Symbol.dispose]()
      signal?.removeEventListener("abort", begin)
    },
  }
}
