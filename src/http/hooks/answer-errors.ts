import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { problemHeaders, problemOf } from "../problem.ts"

/** What fails is answered as problem details; routes that speak another server's language have a handler of their own. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler(answerError)
}

/** Answers an error as problem details. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem.status >= 500) request.log.error(error)
  // Who refused it may know better when to come again.
  const { "retry-after": retryAfter, ...headers } = problemHeaders(error, problem)
  if (retryAfter !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfter)
  reply
    .status(problem.status)
    .headers(headers)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send({ ...problem, requestId: request.id })
}
