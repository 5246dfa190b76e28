import type { ForeignProblem } from "../dialects/dialect.ts"
import type { Problem } from "../problem.ts"

/** A problem, as OpenAI answers it. */
export function openAiProblem({ status, code, detail, errors }: Problem): ForeignProblem {
  const param = errors?.[0]?.path.replace(/^\/(body|querystring)\//, "") ?? null
  const type = status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error"
  return { status, body: { error: { message: detail, type, param, code } } }
}
