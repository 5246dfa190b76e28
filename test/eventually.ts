/** Longer than anything takes on a busy machine, and shorter than the limit of a test in vitest.config.ts. */
const patienceMs = 240_000

/**
 * Returns when something is the case. It is asked again and again: a test waits for an event in this way, never for a time.
 *
 * @param isTrue - what is waited for; an error that it throws is passed on
 * @throws Error with the source of `isTrue` if that does not come to be the case
 */
export async function eventually(isTrue: () => unknown, pollMs = 5): Promise<void> {
  const untilMs = performance.now() + patienceMs
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error(`waited ${patienceMs / 1000} s in vain for: ${isTrue}`)
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}
