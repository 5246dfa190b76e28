import { ValenceError } from "../../errors.ts"

const explained = new WeakSet<Error>()

/** An `output_failed` whose message already says how the run can continue. */
export function explainedFailure(message: string): ValenceError {
  const error = new ValenceError("output_failed", message)
  explained.add(error)
  return error
}

/** Whether the message of an error already says how the run can continue. */
export function isExplained(error: Error): boolean {
  return explained.has(error)
}
