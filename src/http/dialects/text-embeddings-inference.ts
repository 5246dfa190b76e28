import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import { Type } from "typebox"
import { version } from "../../files/version.ts"
import type { LabelScore as Score } from "../../labeller.ts"
import { labelAll } from "../call-labeller.ts"
import { type Problem, RequestError } from "../problem.ts"
import { LabelScoreSchema, orNull } from "../schemas.ts"
import type { ServerContext } from "../server-context.ts"
import { answerProblemsAs, type ForeignProblem, tooLongAs } from "./dialect.ts"

type Inputs = string | readonly (string | readonly string[])[]

/** A parameter that is not here is refused by its name; none is ignored. */
const PredictRequest = Type.Object(
  {
    inputs: Type.Unsafe<Inputs>({
      type: ["string", "array"],
      items: { type: ["string", "array"], items: { type: "string" }, minItems: 1, maxItems: 2 },
      minItems: 1,
      description:
        "One text, or a batch: [[text], [text], ...]. Pairs, [text, text], are refused: no model here takes any",
    }),
    raw_scores: Type.Optional(Type.Boolean({ default: false, description: "Logits instead of probabilities" })),
    truncate: Type.Optional(
      orNull(Type.Boolean({ description: "false: a text that is too long is refused; default: it is truncated" })),
    ),
    truncation_direction: Type.Optional(
      Type.String({ pattern: "^[Rr]ight$", description: "Right: texts are truncated at their end" }),
    ),
  },
  { title: "TeiPredictRequest", additionalProperties: false, examples: [{ inputs: "I love it" }] },
)

const Predictions = Type.Array(LabelScoreSchema)
const Failure = Type.Object({ error: Type.String(), error_type: Type.String() }, { title: "TeiFailure" })
const failures = { "4xx": Failure, "5xx": Failure }

/** `/predict`, `/info` and `/health`, as text-embeddings-inference answers them for a classifier. */
export function addTextEmbeddingsInference(
  app: FastifyInstance,
  serving: ServerContext,
  config: { readonly open: true },
): void {
  answerProblemsAs(app, translate)
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const tags = ["Drop-in"]
  const predictions = Type.Union([Predictions, Type.Array(Predictions)])
  const predict = {
    tags,
    operationId: "teiPredict",
    summary: "Predictions, as text-embeddings-inference's API",
    body: PredictRequest,
  }
  api.post(
    "/predict",
    { schema: { ...predict, response: { 200: predictions, ...failures } } },
    async (request, reply) => {
      const { body } = request
      const { texts, batch } = textsOf(body.inputs)
      const options = {
        topK: "all",
        scoreFunction: body.raw_scores ? "none" : undefined,
        longText: body.truncate === false ? "error" : "truncate",
      } as const
      const results = await labelAll(serving, serving.labeller, texts, options, reply)
      const scores = results.map(({ scores = [] }): Score[] => [...scores])
      return batch ? scores : (scores[0] as Score[])
    },
  )
  const health = {
    tags,
    operationId: "teiHealth",
    summary: "Readiness, as text-embeddings-inference answers it",
    response: {
      200: { description: "It is ready; the body is empty", content: { "text/plain": { schema: { type: "string" } } } },
      "5xx": Failure,
    },
  }
  app.get("/health", { config, schema: health }, async (_, reply) => {
    if ((await serving.readiness.problem()) !== undefined)
      return reply.status(503).send({ error: "unhealthy", error_type: "Unhealthy" })
    return reply.type("text/plain; charset=utf-8").send("")
  })
  api.get("/info", { schema: { tags, operationId: "teiInfo", summary: "What is served" } }, async () => info(serving))
}

/**
 * The texts of a request, and whether it is a batch, which is answered by a list of lists.
 *
 * @throws RequestError 422 for pairs, and for a mixture of texts and lists
 */
function textsOf(inputs: Inputs): { readonly texts: readonly string[]; readonly batch: boolean } {
  if (typeof inputs === "string") return { texts: [inputs], batch: false }
  const flat = inputs.filter(input => typeof input === "string")
  if (flat.length === inputs.length && flat.length === 1) return { texts: flat, batch: false }
  if (flat.length === inputs.length && flat.length === 2) throw pairRefused()
  if (flat.length > 0)
    throw new RequestError(422, "`inputs` must be a string, or a batch: [[string], [string], ...]; it has bare strings")
  if (inputs.some(input => input.length === 2)) throw pairRefused()
  return { texts: inputs.flat(), batch: true }
}

function pairRefused(): RequestError {
  const rule = "`inputs` must be a string, or a batch of lists of one string: [[string], [string], ...]"
  return new RequestError(422, `${rule}; got a pair of strings, and no model here takes pairs`)
}

/** What this server has no such bound for is null. */
function info({ labeller: { model }, settings }: ServerContext) {
  const { name, revision, dtype, labels, maxLength } = model
  const id2label = Object.fromEntries(labels.map((label, index) => [String(index), label]))
  const label2id = Object.fromEntries(labels.map((label, index) => [label, index]))
  return {
    model_id: name,
    model_sha: revision,
    model_dtype: dtype,
    model_type: { classifier: { id2label, label2id } },
    max_concurrent_requests: null,
    max_input_length: Number.isFinite(maxLength) ? maxLength : null,
    max_batch_tokens: null,
    max_batch_requests: null,
    max_client_batch_size: settings.maxTexts,
    auto_truncate: true,
    tokenization_workers: null,
    version,
    sha: null,
    docker_label: null,
  }
}

const unhealthy = new Set(["closed", "no_worker", "redis_failed", "redis_invalid"])

function translate(problem: Problem): ForeignProblem {
  const { status, code, detail, errors } = tooLongAs(problem, 413, "truncate is false")
  const answer = (status: number, type: string) => ({ status, body: { error: detail, error_type: type } })
  if (status === 429 || code === "overloaded") return answer(429, "Overloaded")
  if (code === "text_empty") return answer(400, "Empty")
  if (code === "text_invalid") return answer(422, "Tokenizer")
  if (unhealthy.has(code)) return answer(503, "Unhealthy")
  if (status >= 500 || code === "text_failed") return answer(424, "Backend")
  return answer(errors ? 422 : status, "Validation")
}
