import { asError, ValenceError } from "../errors.ts"

/** Whom a request was about, for errors. */
export interface Asked {
  /** Such as `model OWNER/NAME@REVISION`. */
  readonly what: string
  readonly endpoint: string
  readonly hasToken: boolean
}

/** What an answer that is no success means. */
export function hubRefusal(status: number, said: string | null, asked: Asked): ValenceError {
  const { what, endpoint, hasToken } = asked
  const hub = `${endpoint} (HTTP ${status}${said ? `: ${said}` : ""})`
  if (status === 401)
    return new ValenceError(
      "hub_denied",
      hasToken
        ? `${what} must be one that your token may read, if it exists: ${hub} refused the token (HF_TOKEN, or that of hf auth login)`
        : `${what} must be public, if it exists, or a token be given in HF_TOKEN or by hf auth login: ${hub} wants one`,
    )
  if (status === 403)
    return new ValenceError(
      "hub_denied",
      `${what} is gated, or not for ${hasToken ? "your token" : "those without a token (HF_TOKEN)"}: accept its terms on ${endpoint}, then pull again; ${hub}`,
    )
  if (status === 404) return new ValenceError("model_not_found", `${what} must be on the hub; it is not at ${hub}`)
  if (status === 429) return new ValenceError("hub_failed", `${what}: ${hub} asks for fewer requests; pull again later`)
  return new ValenceError("hub_failed", `${what} could not be pulled from ${hub}`)
}

/** What was thrown while the hub was asked; errors of Valence stay what they are. */
export function hubFailed(thrown: unknown, { what, endpoint }: Asked): ValenceError {
  const own = ownErrorOf(thrown)
  if (own !== undefined)
    return own === thrown ? own : new ValenceError(own.code, `${what}: ${own.message}`, { cause: thrown })
  return new ValenceError("hub_failed", `${what} could not be pulled from ${endpoint}: ${reasonOf(thrown)}`, {
    cause: thrown,
  })
}

/** `fetch` wraps what was thrown while it connected. */
function ownErrorOf(thrown: unknown): ValenceError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof ValenceError) return error
  return undefined
}

/** `fetch` says what happened in the cause of the cause. */
function reasonOf(thrown: unknown): string {
  const error = asError(thrown)
  return error.cause === undefined ? error.message || error.name : reasonOf(error.cause)
}
