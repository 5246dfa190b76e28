import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import { isErrorCode, ValenceError } from "../../errors.ts"
import type { LabelledText } from "../../labeller.ts"
import { callLabeller } from "../call-labeller.ts"
import { oneOrMany } from "../request-texts.ts"
import { LabelRequest, LabelResponse, problems } from "../schemas.ts"
import { labellerOf, type Serving } from "../serving.ts"

const description = `Give \`text\` or \`texts\`. A text of many that cannot be labelled has its own \`error\`, and the others their
labels; where a single \`text\` cannot be labelled, that is the answer's status. \`Server-Timing\` tells how long it took where.`

/** `POST /v1/label`: one text, or many. */
export function addLabel(app: FastifyInstance, serving: Serving): void {
  const schema = {
    tags: ["Label"],
    summary: "Label one text, or many",
    description,
    body: LabelRequest,
    response: { 200: LabelResponse, ...problems(400, 401, 404, 408, 413, 415, 422, 429, 503, 504) },
  }
  app.withTypeProvider<TypeBoxTypeProvider>().post("/v1/label", { schema }, async (request, reply) => {
    const { text, texts, model, ...options } = request.body
    const labeller = labellerOf(serving, model)
    const all = oneOrMany(text, texts)
    const results = await callLabeller(serving, labeller, all, options, reply)
    if (text !== undefined) requireLabel(results[0])
    const { name, revision, dtype } = labeller.model
    return { model: { name, revision, dtype }, results: results as Mutable<LabelledText>[] }
  })
}

/** @throws ValenceError why the text has no label */
function requireLabel(result: LabelledText | undefined): void {
  if (!result?.error) return
  const { code, message } = result.error
  throw new ValenceError(isErrorCode(code) ? code : "text_failed", message)
}

/** The serializer's types know no `readonly`. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] | undefined ? E[] : T[K] }
