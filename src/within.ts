/** Waits for something to end, well or not, though no longer than so many ms. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work.then(undefined, () => {}), late])
  clearTimeout(timer)
}
