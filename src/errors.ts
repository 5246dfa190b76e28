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
  job_conflict: false,
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

/** What was thrown, as an `Error`; anything else becomes the message of one. Never throws. */
export function asError(thrown: unknown): Error {
  if (isError(thrown)) return thrown
  return new Error(typeof thrown === "string" ? thrown : shown(thrown))
}

/** Characters of a value that a message shows. */
const mostShown = 80
/** Deeper values are shown as `[…]` or `{…}`. */
const mostLevels = 3

/**
 * A value as an error message shows it: JSON if it has one, at most 80 characters. Values come from other people's files, requests and
 * programs: this never throws, and does not look at more of a value than it shows.
 *
 * @example
 * shown({ toString: 1 }) // → {"toString":1}
 */
export function shown(value: unknown): string {
  let text: string
  try {
    text = describe(value, mostLevels)
  } catch {
    // A getter, or the trap of a proxy.
    text = "a value that cannot be shown"
  }
  return text.length > mostShown ? `${text.slice(0, mostShown - 3)}...` : text
}

function describe(value: unknown, levels: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, mostShown))
  if (typeof value === "function") return "a function"
  if (typeof value !== "object" || value === null) return String(value)
  if (isError(value)) return `${value.name}: ${value.message}`.slice(0, mostShown + 1)
  const parts: string[] = []
  let length = 0
  for (const part of partsOf(value, levels)) {
    parts.push(part)
    length += part.length + 1
    if (length > mostShown) break
  }
  return Array.isArray(value) ? `[${parts.join(",")}]` : `{${parts.join(",")}}`
}

/** The items of a list, or the members of an object, each as it is shown. */
function* partsOf(value: object, levels: number): Generator<string> {
  const isList = Array.isArray(value)
  for (const name in isList ? value.slice(0, mostShown) : value) {
    if (!Object.hasOwn(value, name)) continue
    if (levels === 0) return yield "…"
    const part = describe(value[name as keyof object], levels - 1)
    yield isList ? part : `${describe(name, 0)}:${part}`
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}
