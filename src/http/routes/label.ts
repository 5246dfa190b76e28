import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import { sum } from "../../sum.ts"
import { callLabeller } from "../call-labeller.ts"
import { labelAnswerOf, labelCallOf } from "../label-call.ts"
import { longJson } from "../long-json.ts"
import { LabelRequest, LabelResponse, NoQuery, problems } from "../schemas.ts"
import type { ServerContext } from "../server-context.ts"

const description = `Give \`text\` or \`texts\`. A text of many that cannot be labelled has its own \`error\`, and the others their
labels; if a single \`text\` cannot be labelled, the answer's status says so. \`Server-Timing\` has the time of each step.`

/** An answer with more words that a lexicon matched is written in turns. */
const manyWords = 10_000

/** `POST /v1/label`: one text, or many. */
export function addLabelRoute(app: FastifyInstance, serving: ServerContext): void {
  const schema = {
    tags: ["Label"],
    operationId: "labelTexts",
    summary: "Label one text, or many",
    description,
    body: LabelRequest,
    querystring: NoQuery,
    response: { 200: LabelResponse, ...problems(400, 401, 404, 408, 413, 415, 422, 429, 503, 504) },
  }
  app.withTypeProvider<TypeBoxTypeProvider>().post("/v1/label", { schema }, async (request, reply) => {
    const call = labelCallOf(serving, request.body)
    const results = await callLabeller(serving, call.labeller, call.texts, call.options, reply)
    const answer = labelAnswerOf(call, results)
    if (sum(answer.results.map(({ words = [] }) => words.length)) < manyWords) return answer
    return reply.type("application/json; charset=utf-8").send((await longJson(answer)) as never)
  })
}
