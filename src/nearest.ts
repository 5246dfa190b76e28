/**
 * The name that is most like a word, if one is near enough to be what was meant.
 *
 * @example
 * nearest(["review", "rating"], "reveiw") // → 'review'
 */
export function nearest(names: readonly string[], word: string): string | undefined {
  const most = Math.floor(word.length / 3)
  let best: string | undefined
  let least = most + 1
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= least) continue
    const edits = editsBetween(name.toLowerCase(), word.toLowerCase())
    if (edits < least) [best, least] = [name, edits]
  }
  return best
}

/** Characters that must be added, removed, changed or swapped with their neighbour. */
function editsBetween(one: string, other: string): number {
  let [before, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const changed = (last?.[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1)
      const swaps = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      const swapped = swaps ? (before?.[j - 2] as number) + 1 : Infinity
      row.push(Math.min(changed, (last?.[j] as number) + 1, (row[j - 1] as number) + 1, swapped))
    }
    ;[before, last] = [last, row]
  }
  return last?.[other.length] as number
}
