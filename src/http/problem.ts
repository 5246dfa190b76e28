import { STATUS_CODES } from "node:http"
import type { FastifyError, FastifySchemaValidationError } from "fastify"
import { type ErrorCode, ValenceError } from "../errors.ts"
import { labelOptions } from "../options.ts"
import { refusalOf } from "../queue/redis/refusal.ts"

/** The one place that knows which HTTP status an error has. */
const statusByCode: Readonly<Record<ErrorCode, number>> = {
  option_invalid: 400,
  input_invalid: 400,
  row_invalid: 422,
  output_exists: 409,
  output_failed: 500,
  run_changed: 409,
  model_not_found: 404,
  model_invalid: 500,
  graph_inaccurate: 500,
  hub_denied: 500,
  hub_failed: 503,
  lexicon_invalid: 500,
  text_invalid: 422,
  text_empty: 422,
  text_too_long: 422,
  text_failed: 422,
  device_missing: 503,
  device_failed: 503,
  run_timeout: 503,
  closed: 503,
  // No one reads it: the client is gone.
  aborted: 499,
  redis_invalid: 503,
  redis_failed: 503,
  no_worker: 503,
  queue_full: 429,
  timeout: 504,
  overloaded: 503,
  job_invalid: 422,
  job_conflict: 422,
  job_failed: 503,
  job_lost: 503,
  job_stalled: 422,
  model_changed: 503,
  expired: 504,
  cancelled: 409,
}

/** The codes of what is wrong with a request before Valence sees it. */
const codeByStatus: Readonly<Record<number, string>> = {
  400: "request_invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  406: "not_acceptable",
  408: "body_timeout",
  409: "conflict",
  413: "too_large",
  414: "too_large",
  415: "media_type_unsupported",
  422: "request_invalid",
  429: "rate_limited",
  431: "too_large",
  501: "not_implemented",
  503: "unavailable",
  504: "timeout",
}

/** Seconds after which to ask again, if an error does not know. */
const retryAfterSeconds = 1

/** What is wrong with a request, before Valence sees its texts. */
export class RequestError extends Error {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[]>>

  constructor(statusCode: number, message: string, headers: Readonly<Record<string, string | string[]>> = {}) {
    super(message)
    this.name = "RequestError"
    this.statusCode = statusCode
    this.headers = headers
  }
}

/** Where a body breaks a rule, for bodies that fastify does not check. */
export class BodyError extends Error {
  readonly statusCode = 400
  readonly validationContext = "body"
  readonly validation: FastifySchemaValidationError[]

  constructor(validation: readonly Partial<FastifySchemaValidationError>[]) {
    super("body must be as its schema says")
    this.name = "BodyError"
    this.validation = validation.map(each => ({ keyword: "", schemaPath: "", instancePath: "", params: {}, ...each }))
  }
}

/** Problem details as RFC 9457 has them, and Valence's code. */
export interface Problem {
  /** A URN with the code. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  /** Where the body or the query breaks a rule: a JSON Pointer, and the rule. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

/** The HTTP status of a text or a job that failed. */
export function statusOfCode(code: string): number {
  return statusByCode[code as ErrorCode] ?? 500
}

/** What is notified of an error. Of one that no one foresaw, nothing: it is in the log. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ValenceError) return problem(statusByCode[thrown.code], thrown.code, thrown.message)
  const refusal = refusalOf(thrown)
  if (refusal) return problem(statusByCode.redis_failed, "redis_failed", `redis refused: ${refusal.reason}`)
  const error = (thrown ?? {}) as Partial<FastifyError>
  const status = error.statusCode ?? 500
  const code = codeByStatus[status] ?? (status < 500 ? "request_invalid" : "internal_error")
  if (status >= 500 && !(thrown instanceof RequestError))
    return problem(status, code, "the server failed; its log says why")
  if (!error.validation) return problem(status, code, error.message ?? code)
  const errors = error.validation.map(({ instancePath, params, message = "is not valid" }) => ({
    path: `/${error.validationContext ?? "body"}${instancePath}${missing(params)}`,
    message: ruleOf(params, message),
  }))
  const detail = errors.map(({ path, message }) => `${path} ${message}`).join("; ")
  return { ...problem(status, code, detail), errors }
}

/** A rule in words, where Ajv's say less. */
function ruleOf(params: Readonly<Record<string, unknown>>, message: string): string {
  if ("additionalProperty" in params) return "is not known"
  // Its schema allows one word besides numbers.
  if ("pattern" in params && params["pattern"] === labelOptions.topK.json?.["pattern"]) return labelOptions.topK.rule
  return "allowedValues" in params ? `must be one of ${listed(params["allowedValues"])}` : message
}

/** Null stands for a member that is left out. */
const listed = (values: unknown) => (values as readonly unknown[]).filter(value => value !== null).join(", ")

/** Headers that go with a problem. */
export function problemHeaders(thrown: unknown, { status }: Problem): Record<string, string | string[]> {
  const given = thrown instanceof RequestError ? thrown.headers : {}
  return status === 429 || status === 503 ? { "retry-after": String(retryAfterSeconds), ...given } : { ...given }
}

function problem(status: number, code: string, detail: string): Problem {
  return {
    type: `urn:valence:problem:${code}`,
    title: STATUS_CODES[status] ?? "Client Closed Request",
    status,
    detail,
    code,
  }
}

/** The name that a rule such as `required` is about. */
function missing(params: Readonly<Record<string, unknown>>): string {
  const name = params["missingProperty"] ?? params["additionalProperty"]
  return name === undefined ? "" : `/${String(name)}`
}
