import { STATUS_CODES } from "node:http"
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { type Static, Type } from "typebox"
import type { Labelled, Labeller } from "../../labeller.ts"
import { labelAll } from "../call-labeller.ts"
import { BodyError, type Problem, RequestError } from "../problem.ts"
import { nullable, orNull, words } from "../schemas.ts"
import { labellerOf, type ServerContext } from "../server-context.ts"
import { answerProblemsAs, type ForeignProblem, tooLongAs } from "./dialect.ts"

/** -1 stands for the model's own limit. */
const modelLimit = -1

const flag = (description: string) => Type.Optional(orNull(Type.Boolean({ description })))

/** A parameter that is not here is refused by its name; none is ignored. */
const ClassifyRequest = Type.Object(
  {
    model: Type.Optional(orNull(Type.String({ description: "One of GET /v1/models; default: the server's" }))),
    input: Type.Unsafe<string | string[]>({
      type: ["string", "array"],
      items: { type: "string" },
      minItems: 1,
      description: "One text, or many",
    }),
    truncate_prompt_tokens: Type.Optional(
      orNull(
        Type.Integer({ minimum: modelLimit, description: "-1: the model's limit; default: long texts are refused" }),
      ),
    ),
    truncation_side: Type.Optional(orNull(words(["right"], "The beginning of a long text is labelled"))),
    use_activation: flag("false: logits instead of probabilities"),
    activation: flag("The older name of use_activation"),
    softmax: flag("The oldest name of use_activation"),
    add_special_tokens: flag("Must not be false: they are always added"),
    request_id: Type.Optional(orNull(Type.String({ maxLength: 200, description: "Is part of the answer's id" }))),
    priority: Type.Optional(Type.Literal(0, { description: "All requests have the same priority" })),
    user: Type.Optional(orNull(Type.String({ description: "No effect, as in vLLM" }))),
  },
  { title: "VllmClassifyRequest", additionalProperties: false, examples: [{ input: ["I love it"] }] },
)
type ClassifyRequest = Static<typeof ClassifyRequest>

const Classification = Type.Object(
  {
    index: Type.Integer(),
    label: Type.String(),
    probs: Type.Array(Type.Number(), { description: "In the order of the model's labels" }),
    num_classes: Type.Integer(),
  },
  { title: "VllmClassification" },
)
const ClassifyResponse = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal("list"),
    created: Type.Integer({ description: "Seconds since 1970" }),
    model: Type.String(),
    data: Type.Array(Classification),
    usage: Type.Object({
      prompt_tokens: Type.Integer(),
      total_tokens: Type.Integer(),
      completion_tokens: Type.Integer(),
      prompt_tokens_details: Type.Null(),
    }),
  },
  { title: "VllmClassifyResponse" },
)
const Failure = Type.Object(
  {
    error: Type.Object({
      message: Type.String(),
      type: Type.String(),
      param: nullable(Type.String()),
      code: Type.Integer({ description: "The status" }),
    }),
  },
  { title: "VllmFailure" },
)

/** `POST /classify` and `/v1/classify`, as vLLM answers them. */
export function addVllm(app: FastifyInstance, serving: ServerContext): void {
  answerProblemsAs(app, translate)
  const schema = {
    tags: ["Drop-in"],
    summary: "Classification, as vLLM's API",
    body: ClassifyRequest,
    response: { 200: ClassifyResponse, "4xx": Failure, "5xx": Failure },
  }
  const classify = async (request: FastifyRequest<{ Body: ClassifyRequest }>, reply: FastifyReply) => {
    const { model, input, request_id: id } = request.body
    if (request.body.add_special_tokens === false)
      throw new BodyError([{ instancePath: "/add_special_tokens", message: "must be true: they are always added" }])
    const truncateTo = request.body.truncate_prompt_tokens ?? undefined
    const labeller = labellerOf(serving, model ?? undefined)
    const texts = typeof input === "string" ? [input] : input
    const options = {
      topK: "all",
      scoreFunction: wantsLogits(request.body) ? "none" : undefined,
      maxLength: truncateTo === modelLimit ? undefined : truncateTo,
      longText: truncateTo === undefined ? "error" : "truncate",
    } as const
    const results = await labelAll(serving, labeller, texts, options, reply)
    const tokens = results.reduce((sum, result) => sum + result.tokens, 0)
    return {
      id: `classify-${id ?? request.id}`,
      object: "list" as const,
      created: Math.floor(Date.now() / 1000),
      model: labeller.model.name,
      data: results.map((result, index) => classification(labeller, result, index)),
      usage: { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0, prompt_tokens_details: null },
    }
  }
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.post("/classify", { schema: { ...schema, operationId: "vllmClassify" } }, classify)
  const described = { summary: "The same at the path of SGLang and Dynamo", operationId: "vllmClassifyV1" }
  api.post("/v1/classify", { schema: { ...schema, ...described } }, classify)
}

/** @throws RequestError 400 if the names of one parameter contradict each other */
function wantsLogits({ use_activation, activation, softmax }: ClassifyRequest): boolean {
  const given = [use_activation, activation, softmax].filter(value => typeof value === "boolean")
  if (new Set(given).size > 1)
    throw new RequestError(
      400,
      "use_activation, activation and softmax are names of one parameter; they contradict each other",
    )
  return given[0] === false
}

function classification({ model }: Labeller, { label, scores = [] }: Labelled, index: number) {
  const byLabel = new Map(scores.map(({ label, score }) => [label, score]))
  const probs = model.labels.map(name => byLabel.get(name) ?? 0)
  return { index, label, probs, num_classes: probs.length }
}

const typeByStatus: Readonly<Record<number, string>> = {
  400: "BadRequestError",
  404: "NotFoundError",
  422: "UnprocessableEntityError",
  500: "InternalServerError",
}

function translate(problem: Problem): ForeignProblem {
  const { detail, errors, ...told } = tooLongAs(problem, 400, "truncate_prompt_tokens is not given")
  const status = problem.code === "text_empty" ? 400 : told.status
  const type = typeByStatus[status] ?? STATUS_CODES[status] ?? "Error"
  const param = errors?.[0]?.path.replace(/^\/body\//, "") ?? null
  return { status, body: { error: { message: detail, type, param, code: status } } }
}
