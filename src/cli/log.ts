import { stderr } from "node:process"
import type { DestinationStream, Logger } from "pino"
import { asError } from "../errors.ts"
import { pickOptions } from "./declared-options.ts"
import { logOptions } from "./log-options.ts"

let opened: Logger | undefined

/** A line of pino, as far as text shows it. */
interface Line {
  readonly level: string
  readonly time: string
  readonly msg?: string
  readonly err?: { readonly type?: string; readonly message?: string; readonly stack?: string }
  /** What `--log-texts` writes; in the line of a job, their number, which its message has. */
  readonly texts?: readonly string[] | number
}

const beginnings: Readonly<Record<string, string>> = { warn: "warning: ", error: "error: ", fatal: "error: " }

/** A line as people read it: its message, and what an error or `--log-texts` adds. */
function asText({ level, time, msg = "", err, texts }: Line, stamped: boolean): string {
  const cause = err?.message === undefined || msg.includes(err.message) ? "" : `: ${err.message}`
  // An error of ours says what is wrong; of any other, the place is needed.
  const frames =
    (level === "error" || level === "fatal") && err?.type !== "ValenceError"
      ? err?.stack?.replace(/^[\s\S]*?(?=\n {4}at )/, "")
      : ""
  const told = Array.isArray(texts) ? `: ${JSON.stringify(texts)}` : ""
  // Why a command ends is said as by commands without a log.
  return `${stamped && level !== "fatal" ? `${time} ` : ""}${beginnings[level] ?? ""}${msg}${cause}${told}${frames ?? ""}`
}

/** What the log has of an error. ioredis adds the command that Redis refused, texts and all, which is left out. */
export function loggedError(thrown: unknown): Line["err"] & { readonly code?: unknown } {
  const { name: type, message, stack, code } = asError(thrown) as NodeJS.ErrnoException
  return { type, message, ...(stack !== undefined && { stack }), ...(code !== undefined && { code }) }
}

/**
 * The one log of a command that runs until it is stopped: pino's, which the server and the worker write to as well.
 *
 * @param stamped - whether lines of text begin with the time
 */
export async function openLog(given: Readonly<Record<string, unknown>>, stamped: boolean): Promise<Logger> {
  const { destination, pino, stdTimeFunctions } = await import("pino")
  const { logFormat, logLevel } = pickOptions(logOptions, given)
  const inText: DestinationStream = {
    write: line => void stderr.write(`${asText(JSON.parse(line) as Line, stamped)}\n`),
  }
  // Written at once: a process that ends loses no line.
  const stream = logFormat === "json" ? destination({ dest: 1, sync: true }) : inText
  const formatters = { level: (level: string) => ({ level }) }
  const serializers = { err: loggedError }
  opened = pino({ level: logLevel, timestamp: stdTimeFunctions.isoTime, formatters, serializers }, stream)
  return opened
}

/** The log of the command that runs, which has `--log-format`. */
export function commandLog(): Logger {
  if (opened === undefined) throw new Error("the log is opened before the command runs")
  return opened
}

/** Writes a line to the log; a command without one writes it to standard error. */
export function notice(line: string): void {
  if (opened) opened.info(line)
  else stderr.write(`${line}\n`)
}

/** Writes a warning to the log, or to standard error. */
export function warn(line: string): void {
  if (opened) opened.warn(line)
  else stderr.write(`warning: ${line}\n`)
}

/**
 * Writes why a command ends.
 *
 * @param message - for people; absent if no one foresaw the error
 */
export function fail(error: unknown, message: string | undefined): void {
  if (opened) {
    const { message: own, code } = asError(error) as NodeJS.ErrnoException
    opened.fatal(message === undefined ? { err: error } : { code }, message ?? own)
  } else console.error(message === undefined ? error : `error: ${message}`)
}
