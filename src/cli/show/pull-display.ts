import type { WriteStream } from "node:tty"
import cliProgress, { type SingleBar } from "cli-progress"
import type { PullProgress } from "../../hub/pull-progress.ts"
import { showBytes, showDuration } from "./show-numbers.ts"

/** Prints what is pulled and built. */
export interface PullDisplay extends Disposable {
  show(progress: PullProgress): void
}

/**
 * On a terminal a bar for the download; elsewhere a line for each file. What else happens is a line everywhere.
 *
 * @param write - gets each line; default: the stream
 */
export function openPullDisplay(
  model: string,
  stream: WriteStream,
  write: (line: string) => void = line => void stream.write(`${line}\n`),
): PullDisplay {
  let bar: SingleBar | undefined
  let file: string | undefined
  const endBar = () => {
    bar?.stop()
    bar = undefined
  }
  const print = (line: string) => {
    endBar()
    write(line)
  }
  return {
    show(progress) {
      if (progress.step === "waiting") return print(`${model}: waiting for ${progress.holder}`)
      if (progress.step === "building")
        return print(`${model}: building the ${progress.dtype} graph, once; it may take minutes`)
      if (progress.step === "retrying")
        return print(`${progress.problem}; trying again in ${showDuration(progress.waitMs)}`)
      if (stream.isTTY) {
        bar ??= startBar(model, stream)
        bar.setTotal(progress.totalBytes)
        bar.update(progress.bytes, { file: progress.file, all: showBytes(progress.totalBytes) })
      } else if (file !== progress.file)
        print(`${model}: pulling ${progress.file}, ${showBytes(progress.totalBytes)} in all`)
      file = progress.file
    },
    [Symbol.dispose]: endBar,
  }
}

function startBar(model: string, stream: WriteStream): SingleBar {
  const format = `${model} {bar} {percentage} % of {all}  {file}  {eta_formatted} left`
  // The bar's own way with Ctrl-C would keep the process from ending.
  const options = { stream, format, barsize: 12, clearOnComplete: true, gracefulExit: false }
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic)
  bar.start(0, 0, { file: "", all: "" })
  return bar
}
