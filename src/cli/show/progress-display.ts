import type { WriteStream } from "node:tty"
import cliProgress, { type Options, type Params, type SingleBar } from "cli-progress"
import type { Progress } from "../../corpus/run/progress.ts"
import { showCount, showDuration } from "./show-numbers.ts"

/** Prints the progress of a run. */
export interface ProgressDisplay extends Disposable {
  /** Takes note of how far it is. */
  show(progress: Progress): void
  /** Prints a line that stays. */
  print(line: string): void
}

const lineEveryMs = 10_000

/** What a bar is drawn from, besides its value. */
interface Payload {
  readonly described: string
  readonly isSizeKnown: boolean
}

/** On a terminal a bar; elsewhere, such as in a log, a line every 10 s. */
export function openProgressDisplay(stream: WriteStream): ProgressDisplay {
  return stream.isTTY ? new BarDisplay(stream) : new LineDisplay(stream)
}

/** Prints no progress: the rows themselves are on the screen. */
export function noProgressDisplay(stream: WriteStream): ProgressDisplay {
  return { show() {}, print: line => stream.write(`${line}\n`), [Symbol.dispose]() {} }
}

/** `12,000 of ~200,000 rows  2,810 texts/s  1 min 7 s left`, as much of it as is known. */
export function describeProgress({ rows, estimatedRows, failed, textsPerSecond, remainingMs }: Progress): string {
  return [
    `${showCount(rows)}${estimatedRows === undefined ? "" : ` of ~${showCount(estimatedRows)}`} rows`,
    ...(failed > 0 ? [`${showCount(failed)} failed`] : []),
    `${showCount(textsPerSecond)} texts/s`,
    ...(remainingMs === undefined ? [] : [`${showDuration(remainingMs)} left`]),
  ].join("  ")
}

class LineDisplay implements ProgressDisplay {
  readonly #stream: WriteStream
  readonly #timer: NodeJS.Timeout
  #progress: Progress | undefined

  constructor(stream: WriteStream) {
    this.#stream = stream
    this.#timer = setInterval(() => {
      if (this.#progress !== undefined) this.print(describeProgress(this.#progress))
    }, lineEveryMs)
  }

  show(progress: Progress): void {
    this.#progress = progress
  }

  print(line: string): void {
    this.#stream.write(`${line}\n`)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

class BarDisplay implements ProgressDisplay {
  readonly #stream: WriteStream
  #bar: SingleBar | undefined

  constructor(stream: WriteStream) {
    this.#stream = stream
  }

  show(progress: Progress): void {
    const { bytes, totalBytes } = progress
    const payload = { described: describeProgress(progress), isSizeKnown: totalBytes !== undefined }
    if (this.#bar === undefined) {
      this.#bar = new cliProgress.SingleBar(
        {
          stream: this.#stream,
          format: formatBar,
          barsize: 12,
          clearOnComplete: true,
          linewrap: true,
          gracefulExit: false,
        },
        cliProgress.Presets.shades_classic,
      )
      this.#bar.start(totalBytes ?? 0, bytes, payload)
    } else this.#bar.update(bytes, payload)
  }

  print(line: string): void {
    this[Symbol.dispose]()
    this.#stream.write(`${line}\n`)
  }

  [Symbol.dispose](): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}

/** The bar, as far as the size is known, and the rest of it; cut to the terminal, if a longer line would be left after. */
function formatBar(options: Options, { progress, maxWidth }: Params, payload: Payload): string {
  const bar = payload.isSizeKnown
    ? `${cliProgress.Format.BarFormat(progress, options)} ${Math.floor(progress * 100)} %  `
    : ""
  return `${bar}${payload.described}`.slice(0, maxWidth - 1)
}
