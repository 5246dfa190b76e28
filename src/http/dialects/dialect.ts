import type { FastifyInstance } from "fastify"
import { type Problem, problemHeaders, problemOf } from "../problem.ts"

/** What another server would answer for a problem. */
export interface ForeignProblem {
  readonly status: number
  readonly body: unknown
}

/** What fails in these routes is answered as another server would: its clients read no problem details. */
export function answerProblemsAs(app: FastifyInstance, translate: (problem: Problem) => ForeignProblem): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500) request.log.error(error)
    const { status, body } = translate(problem)
    return reply
      .status(status)
      .headers(problemHeaders(error, { ...problem, status }))
      .type("application/json; charset=utf-8")
      .serializer(JSON.stringify)
      .send(body)
  })
}

/** A problem as it is, unless a text is too long: then with the status and the option of the other server. */
export function tooLongAs(problem: Problem, status: number, option: string): Problem {
  if (problem.code !== "text_too_long") return problem
  return { ...problem, status, detail: problem.detail.replace("longText is error", option) }
}
