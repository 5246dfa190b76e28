/** What happens with an error that no code caught: it ends the process, unless a command has said otherwise. */
let act: (error: unknown) => void = () => {}

/**
 * Listens for errors that no code caught, rejections among them.
 *
 * @param end - what happens as long as no command survives them
 */
export function listenForUnforeseen(end: (error: unknown) => void): void {
  act = end
  process.on("uncaughtException", error => act(error))
}

/** From now on such errors are reported and the process continues, until this is disposed. */
export function surviveUnforeseen(report: (error: unknown) => void): Disposable {
  const before = act
  act = report
  return {
    [Symbol.dispose]() {
      act = before
    },
  }
}
