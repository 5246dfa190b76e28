import type { WriteStream } from "node:tty"
import type { LaneLeft } from "../../queue/drain-lanes.ts"
import { showCount } from "./show-numbers.ts"

/** Prints what is left to drain. */
export interface DrainDisplay extends Disposable {
  /** What was shown last. */
  readonly described: string
  show(left: readonly LaneLeft[]): void
  /** Prints a line that stays. */
  print(line: string): void
}

const lineEveryMs = 10_000

/** On a terminal a line that changes; elsewhere, such as in a log, a line at first and then every 10 s. */
export function openDrainDisplay(stream: WriteStream, now: () => number = () => performance.now()): DrainDisplay {
  const clear = stream.isTTY ? "\r\x1b[K" : ""
  let described = ""
  let shownMs = -Infinity
  return {
    get described() {
      return described
    },
    show(left) {
      described = describeLeft(left)
      if (stream.isTTY) stream.write(`${clear}${described.slice(0, stream.columns - 1)}`)
      else if (now() - shownMs >= lineEveryMs) {
        shownMs = now()
        stream.write(`${described}\n`)
      }
    },
    print: line => stream.write(`${clear}${line}\n`),
    [Symbol.dispose]: () => stream.write(clear),
  }
}

/** `interactive: 3 wait, 1 active, 0 delayed; bulk (paused): ...` */
function describeLeft(left: readonly LaneLeft[]): string {
  return left
    .map(({ lane, paused, waitingJobs, activeJobs, delayedJobs }) => {
      const counts = `${showCount(waitingJobs)} wait, ${showCount(activeJobs)} active, ${showCount(delayedJobs)} delayed`
      return `${lane}${paused ? " (paused: valence queue resume)" : ""}: ${counts}`
    })
    .join("; ")
}
