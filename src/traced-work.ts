/** Gives the piece of work that runs now; absent while nothing is traced. */
let ofNow: (() => unknown) | undefined

/** From now on each text knows the piece of work, such as a job, that it is labelled for: a trace shows its micro-batches. */
export function traceWork(now: () => unknown): void {
  ofNow = now
}

/** The piece of work that runs now; `undefined` while nothing is traced. */
export function workNow(): unknown {
  return ofNow?.()
}
