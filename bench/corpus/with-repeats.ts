/**
 * As many texts as asked for: all different ones in order, and evenly among them texts that came some time before, from
 * anywhere between the first and the last one so far.
 *
 * @param different - none is empty; each comes at least once
 */
export function withRepeats(different: readonly string[], count: number): string[] {
  const texts: string[] = []
  let used = 0
  let state = 1
  for (let at = 0; at < count; at++) {
    const wanted = Math.max(1, Math.ceil(((at + 1) * different.length) / count))
    if (used < wanted) texts.push(different[used++] as string)
    else {
      // A linear congruential generator: the same corpus at each call.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      texts.push(different[Math.floor((state / 2 ** 32) * used)] as string)
    }
  }
  return texts
}
