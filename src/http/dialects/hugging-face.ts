import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance, FastifyReply } from "fastify"
import { type Static, Type } from "typebox"
import type { LabelScore as Score } from "../../labeller.ts"
import { labelAll } from "../call-labeller.ts"
import { type Problem, RequestError } from "../problem.ts"
import { LabelScoreSchema, orNull, words } from "../schemas.ts"
import { labellerOf, type ServerContext } from "../server-context.ts"
import { answerProblemsAs, type ForeignProblem, tooLongAs } from "./dialect.ts"

const strict = { additionalProperties: false } as const

/** A text, or a text as the pipeline's dictionary has it. */
type Input = string | { readonly text: string }
const dictionary = { properties: { text: { type: "string" } }, required: ["text"], additionalProperties: false }

const Parameters = Type.Object(
  {
    top_k: Type.Optional(orNull(Type.Integer({ minimum: 1, description: "Default: all labels" }))),
    return_all_scores: Type.Optional(
      orNull(Type.Boolean({ description: "The older form of top_k: true is null, false is 1" })),
    ),
    function_to_apply: Type.Optional(orNull(words(["softmax", "sigmoid", "none"], "Default: as the model says"))),
    truncation: Type.Optional(
      Type.Unsafe<boolean | string | null>({
        type: ["boolean", "string", "null"],
        pattern: "^(longest_first|only_first|do_not_truncate)$",
        description: "false or do_not_truncate: a long text is refused; default: its beginning is labelled",
      }),
    ),
    max_length: Type.Optional(
      orNull(Type.Integer({ minimum: 2, description: "Tokens that a text may have; default: the model's limit" })),
    ),
    padding: Type.Optional(
      Type.Unsafe<boolean | string | null>({
        type: ["boolean", "string", "null"],
        pattern: "^(longest|max_length|do_not_pad)$",
        description: "No effect: scores do not depend on padding",
      }),
    ),
  },
  { ...strict, title: "HuggingFaceParameters" },
)

const clientOption = (description: string) => Type.Optional(Type.Boolean({ description: `No effect: ${description}` }))

/** A parameter that is not here is refused by its name; none is ignored. */
const ClassifyRequest = Type.Object(
  {
    inputs: Type.Unsafe<Input | Input[]>({
      type: ["string", "object", "array"],
      ...dictionary,
      items: { type: ["string", "object"], ...dictionary },
      minItems: 1,
      description: "One text, or many; a text may be {text}",
    }),
    parameters: Type.Optional(orNull(Parameters)),
    options: Type.Optional(
      Type.Object(
        {
          use_cache: clientOption("nothing is cached"),
          wait_for_model: clientOption("the model is always loaded"),
          use_gpu: clientOption("the server chooses its devices"),
        },
        { ...strict, description: "Of the client's older versions" },
      ),
    ),
  },
  {
    ...strict,
    title: "HuggingFaceClassifyRequest",
    examples: [{ inputs: "I love it", parameters: { top_k: 1 } }],
  },
)
type ClassifyRequest = Static<typeof ClassifyRequest>

const ClassifyResponse = Type.Array(Type.Array(LabelScoreSchema), { description: "One list a text, best first" })
const Failure = Type.Object({ error: Type.String() }, { title: "HuggingFaceFailure" })

/** `POST /` and `POST /models/{id}`, as Hugging Face's inference servers answer them for text classification. */
export function addHuggingFace(app: FastifyInstance, serving: ServerContext): void {
  answerProblemsAs(app, translate)
  const schema = {
    tags: ["Drop-in"],
    summary: "Text classification, as Hugging Face's API",
    body: ClassifyRequest,
    response: { 200: ClassifyResponse, "4xx": Failure, "5xx": Failure },
  }
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.post("/", { schema: { ...schema, operationId: "huggingFaceClassify" } }, ({ body }, reply) =>
    classify(serving, undefined, body, reply),
  )
  // Ids have slashes in them.
  const named = {
    ...schema,
    operationId: "huggingFaceClassifyByModel",
    params: Type.Object({ "*": Type.String({ description: "One of GET /v1/models" }) }),
  }
  api.post("/models/*", { schema: named }, ({ params, body }, reply) => classify(serving, params["*"], body, reply))
}

async function classify(
  serving: ServerContext,
  model: string | undefined,
  { inputs, parameters }: ClassifyRequest,
  reply: FastifyReply,
): Promise<Score[][]> {
  const labeller = labellerOf(serving, model)
  const texts = [inputs].flat().map(input => (typeof input === "string" ? input : input.text))
  const results = await labelAll(serving, labeller, texts, optionsOf(parameters ?? {}), reply)
  return results.map(({ scores = [] }) => [...scores])
}

function optionsOf(parameters: Static<typeof Parameters>) {
  const { top_k: topK, return_all_scores: all, function_to_apply: scoreFunction, truncation, max_length } = parameters
  if (typeof topK === "number" && all === true)
    throw new RequestError(400, `top_k and return_all_scores contradict each other; got ${topK} and true`)
  const truncates = truncation !== false && truncation !== "do_not_truncate"
  return {
    topK: topK ?? (all === false ? 1 : "all"),
    scoreFunction: scoreFunction ?? undefined,
    maxLength: max_length ?? undefined,
    longText: truncates ? "truncate" : "error",
  } as const
}

/** Clients retry a 503 at once and without end. */
function translate(problem: Problem): ForeignProblem {
  const { code, status, detail } = tooLongAs(problem, 400, "truncation is false")
  return { status: code === "overloaded" ? 429 : status, body: { error: detail } }
}
