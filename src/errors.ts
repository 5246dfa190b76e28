/**
 * Every error code, and whether the same work may succeed when it is tried again.
 *
 * Codes are stable: they appear in results, in `<output>.errors.jsonl` and in job failures.
 */
const retryableByCode = {
  option_invalid: false,
  input_invalid: false,
  row_invalid: false,
  output_exists: false,
  output_failed: true,
  run_changed: false,
  model_not_found: false,
  model_invalid: false,
  graph_inaccurate: false,
  hub_denied: false,
  hub_failed: true,
  lexicon_invalid: false,
  text_invalid: false,
  text_empty: false,
  text_too_long: false,
  text_failed: false,
  device_missing: false,
  device_failed: true,
  run_timeout: true,
  closed: false,
  aborted: false,
  redis_invalid: false,
  redis_failed: true,
  no_worker: true,
  queue_full: true,
  timeout: true,
  overloaded: true,
  job_invalid: false,
  job_failed: true,
  job_lost: true,
  job_stalled: false,
  model_changed: false,
  expired: false,
  cancelled: false,
} as const

export type ErrorCode = keyof typeof retryableByCode

/** Whether a word is one of the error codes. */
export function isErrorCode(word: string): word is ErrorCode {
  return Object.hasOwn(retryableByCode, word)
}

/** Whether work that ended with this code may succeed when it is tried again. */
export function isRetryable(code: string): boolean {
  return isErrorCode(code) && retryableByCode[code]
}

/**
 * The one error class of Valence: a stable `code`, and a message that names the thing, the rule and the value.
 *
 * @example
 * new ValenceError('option_invalid', 'maxWaitMs must be a whole number of ms, 0 or more; got -1')
 */
export class ValenceError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "ValenceError"
    this.code = code
  }

  /** Whether the same work may succeed when it is tried again. */
  get retryable(): boolean {
    return isRetryable(this.code)
  }
}

/** What was thrown, as an `Error`; anything else becomes the message of one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** A value as an error message shows it: JSON where it has one, at most 80 characters. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
