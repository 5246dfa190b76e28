import { asError, isErrorCode, ValenceError } from "../../errors.ts"

/** A failure as BullMQ keeps it: one line of text, which begins with the code. */
export function failureText(error: unknown): string {
  const { message } = asError(error)
  return error instanceof ValenceError ? `${error.code}: ${message}` : message
}

/** BullMQ's words for a job whose workers died or froze too often. */
const stalledText = "job stalled more than allowable limit"

/** The error in a failure's text. */
export function readFailure(text: string): ValenceError {
  const [, word = "", message = ""] = /^([a-z_]+): (.*)$/s.exec(text) ?? []
  if (isErrorCode(word)) return new ValenceError(word, message)
  if (text === stalledText)
    return new ValenceError("job_stalled", "the job stalled too often: each worker that took it died")
  return new ValenceError("job_failed", text)
}
