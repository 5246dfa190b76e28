/** How far a run is; the caller draws it. */
export interface Progress {
  /** Rows done, those of earlier starts included. */
  readonly rows: number
  readonly failed: number
  /** Bytes of the input that these rows take; of a compressed file, those that were read. */
  readonly bytes: number
  /** `undefined` for standard input. */
  readonly totalBytes: number | undefined
  /** About how many rows there are, from the bytes of those that were read. */
  readonly estimatedRows: number | undefined
  /** Speed of the last few seconds. */
  readonly textsPerSecond: number
  /** At that speed, the time until the end. */
  readonly remainingMs: number | undefined
  /** Since the run was started, this time. */
  readonly elapsedMs: number
}

/** How long a caller is left alone between two tellings. */
export const progressMs = 100

const windowMs = 5000

/** Measures the speed of the last seconds. */
export class Speedometer {
  #marks: { readonly atMs: number; readonly rows: number }[]

  constructor(atMs: number, rows: number) {
    this.#marks = [{ atMs, rows }]
  }

  /** Rows a second since `windowMs` ago, or since the beginning. */
  measure(atMs: number, rows: number): number {
    this.#marks.push({ atMs, rows })
    while (this.#marks.length > 2 && (this.#marks[1]?.atMs ?? atMs) <= atMs - windowMs) this.#marks.shift()
    const [first] = this.#marks
    if (first === undefined || atMs === first.atMs) return 0
    return ((rows - first.rows) * 1000) / (atMs - first.atMs)
  }
}

/** A progress with its estimates, from what was counted. */
export function estimate(counted: Omit<Progress, "estimatedRows" | "remainingMs">): Progress {
  const { totalBytes, bytes, rows, textsPerSecond } = counted
  const estimatedRows =
    totalBytes === undefined || bytes === 0 ? undefined : Math.max(rows, Math.round((rows * totalBytes) / bytes))
  const remainingMs =
    estimatedRows === undefined || textsPerSecond === 0 ? undefined : ((estimatedRows - rows) * 1000) / textsPerSecond
  return { ...counted, estimatedRows, remainingMs }
}
