/** What became of a corpus' rows. */
export interface OutputVerdict {
  /** Rows that are not in the output. */
  readonly lost: number
  /** Rows that are in it more than once, counted each time too many. */
  readonly doubled: number
  /** Whether the output has the very bytes. */
  readonly same: boolean
}

/**
 * Compares an output with the one of an undisturbed run.
 *
 * @param rows - the first column of the input is 0 to `rows` - 1
 */
export function judgeOutput(output: string, expected: string, rows: number): OutputVerdict {
  const seen = new Map<string, number>()
  for (const line of output.split("\n").slice(1)) {
    const row = line.slice(0, line.indexOf(","))
    if (line !== "") seen.set(row, (seen.get(row) ?? 0) + 1)
  }
  const counts = Array.from({ length: rows }, (_, row) => seen.get(String(row)) ?? 0)
  return {
    lost: counts.filter(count => count === 0).length,
    doubled: counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    same: output === expected,
  }
}
