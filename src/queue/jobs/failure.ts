import { asError, isErrorCode, ValenceError } from "../../errors.ts"

/** A failure as BullMQ keeps it: one line of text, which begins with the code. */
export function failureText(error: unknown): string {
  const { message } = asError(error)
  return error instanceof ValenceError ? `${error.code}: ${message}` : message
}

/** BullMQ's words for a job whose workers died or froze too often. */
const stalledText = "job stalled more than allowable limit"

/** The error that a failure's text tells of. */
export function readFailure(text: string): ValenceError {
  const [, word = "", message = ""] = /^([a-z_]+): (.*)$/s.exec(text) ?? []
  if (isErrorCode(word)) return new ValenceError(word, message)
  if (text === stalledText)
    return new ValenceError("job_stalled", "job must not take its worker down; workers that had it died too often")
  return new ValenceError("job_failed", text)
}
