import type { EventEmitter } from "node:events"
import { ValenceError } from "../errors.ts"
import { notice } from "./log.ts"

/** The exit code of a run that was stopped before its end. */
export const interruptedExitCode = 130

/** Ends a command that was stopped before it had anything to show; any other error is thrown again. */
export function endInterrupted(error: unknown): undefined {
  endStopped(error)
  process.exitCode = interruptedExitCode
}

/** Ends a command that runs until it is stopped, and was before it began; any other error is thrown again. */
export function endStopped(error: unknown): undefined {
  if (!(error instanceof ValenceError) || error.code !== "aborted") throw error
  notice(error.message)
}

const stopSignals = ["SIGINT", "SIGTERM"] as const

/** One Ctrl-C can come twice within this time: from the terminal, and from npm, which passes it on. */
const sameSignalMs = 500

/** How a command is asked to stop. */
export interface StopSignals extends Disposable {
  /** Aborts at the first request. */
  readonly signal: AbortSignal
}

/**
 * Listens for SIGINT and SIGTERM until it is disposed. Running, the first of them aborts the signal and leads to
 * stopping; stopping, the next one ends the process.
 *
 * @param onStop - called at the first
 * @param source - `process`, or what a test puts in its place
 */
export function listenForStop(
  onStop: () => void,
  source: Pick<EventEmitter, "on" | "off"> = process,
  exit: (code: number) => void = process.exit,
): StopSignals {
  const stop = new AbortController()
  let stoppedMs = 0
  const receive = () => {
    if (!stop.signal.aborted) {
      stoppedMs = performance.now()
      stop.abort()
      onStop()
    } else if (performance.now() - stoppedMs >= sameSignalMs) exit(interruptedExitCode)
  }
  for (const name of stopSignals) source.on(name, receive)
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      for (const name of stopSignals) source.off(name, receive)
    },
  }
}
