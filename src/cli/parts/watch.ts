import { setTimeout as wait } from "node:timers/promises"
import type { WriteStream } from "node:tty"

/** Shows what a look gives, again and again, until the signal aborts; a look under way then is not waited for. */
export async function watch(
  look: () => Promise<string>,
  show: (text: string) => void,
  signal: AbortSignal,
  everyMs: number,
): Promise<void> {
  const stopped = new Promise<undefined>(resolve => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true })
  })
  while (!signal.aborted) {
    const text = await Promise.race([look(), stopped])
    if (text === undefined) return
    show(text)
    await wait(everyMs, undefined, { signal }).catch(() => {})
  }
}

/** Where texts are shown one after the other. */
export interface Screen extends Disposable {
  show(text: string): void
}

const [clear, home, clearRest, hideCursor, showCursor] = ["\x1b[2J", "\x1b[H", "\x1b[J", "\x1b[?25l", "\x1b[?25h"]
const clearLine = "\x1b[K"

/** On a terminal each text takes the place of the last, as far as it has lines; elsewhere, such as in a pipe, they follow each other. */
export function openScreen(stream: WriteStream): Screen {
  if (!stream.isTTY) return { show: text => stream.write(`${text}\n`), [Symbol.dispose]() {} }
  stream.write(`${hideCursor}${clear}`)
  return {
    show(text) {
      // Written over, not cleared first, which would flicker.
      const lines = text.split("\n").slice(0, stream.rows - 1)
      stream.write(`${home}${lines.map(line => `${line}${clearLine}\n`).join("")}${clearRest}`)
    },
    [Symbol.dispose]: () => stream.write(showCursor),
  }
}
