import type { RunFailed } from "../devices/device.ts"
import type { Line } from "./next-batch.ts"

/** Entries that go together, and how often a run of theirs has failed. */
export interface Cut<T> {
  readonly entries: readonly T[]
  readonly line: Line
  readonly failures: number
}

type Why = Pick<RunFailed, "begun" | "outOfMemory">

/** Whether a device had no memory for them together. */
export function isTooLarge<T>({ entries }: Cut<T>, { outOfMemory }: Why): boolean {
  return outOfMemory === true && entries.length > 1
}

/**
 * How entries are run again whose run failed: in halves where these were too large, else together once, then one by one.
 * A run that only stood after a failing one does not count.
 *
 * @returns nothing if an entry failed on its own as well
 */
export function cutsAfter<T>(cut: Cut<T>, why: Why): Cut<T>[] {
  const { entries, line, failures } = cut
  if (isTooLarge(cut, why)) {
    const half = Math.ceil(entries.length / 2)
    return [entries.slice(0, half), entries.slice(half)].map(part => ({ entries: part, line, failures }))
  }
  if (!why.begun) return [{ entries, line, failures }]
  if (failures === 0) return [{ entries, line, failures: 1 }]
  return entries.length > 1 ? entries.map(entry => ({ entries: [entry], line, failures })) : []
}
