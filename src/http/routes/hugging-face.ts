import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance, FastifyReply } from "fastify"
import { type Static, Type } from "typebox"
import type { LabelScore as Score } from "../../labeller.ts"
import { labelAll } from "../call-labeller.ts"
import { answerProblemsAs, type ForeignProblem } from "../dialect.ts"
import type { Problem } from "../problem.ts"
import { LabelScore, orNull, words } from "../schemas.ts"
import { labellerOf, type Serving } from "../serving.ts"

const strict = { additionalProperties: false } as const

const ClassifyRequest = Type.Object(
  {
    inputs: Type.Unsafe<string | string[]>({
      type: ["string", "array"],
      items: { type: "string" },
      minItems: 1,
      description: "One text, or many",
    }),
    parameters: Type.Optional(
      Type.Object(
        {
          top_k: Type.Optional(orNull(Type.Integer({ minimum: 1, description: "Default: all labels" }))),
          function_to_apply: Type.Optional(orNull(words(["softmax", "sigmoid", "none"], "Default: as the model says"))),
        },
        strict,
      ),
    ),
    options: Type.Optional(
      Type.Object({}, { description: "Of the client's older versions: caching, waiting; no effect" }),
    ),
  },
  { ...strict, examples: [{ inputs: "I love it", parameters: { top_k: 1 } }] },
)
type ClassifyRequest = Static<typeof ClassifyRequest>

const ClassifyResponse = Type.Array(Type.Array(LabelScore), { description: "One list a text, best first" })
const Failure = Type.Object({ error: Type.String() })

/** `POST /` and `POST /models/{id}`, as Hugging Face's inference servers answer them for text classification. */
export function addHuggingFace(app: FastifyInstance, serving: Serving): void {
  answerProblemsAs(app, translate)
  const schema = {
    tags: ["Drop-in"],
    summary: "Text classification as at Hugging Face",
    body: ClassifyRequest,
    response: { 200: ClassifyResponse, "4xx": Failure, "5xx": Failure },
  }
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.post("/", { schema }, ({ body }, reply) => classify(serving, undefined, body, reply))
  // Ids have slashes in them.
  const named = { ...schema, params: Type.Object({ "*": Type.String({ description: "One of GET /v1/models" }) }) }
  api.post("/models/*", { schema: named }, ({ params, body }, reply) => classify(serving, params["*"], body, reply))
}

async function classify(
  serving: Serving,
  model: string | undefined,
  { inputs, parameters }: ClassifyRequest,
  reply: FastifyReply,
): Promise<Score[][]> {
  const labeller = labellerOf(serving, model)
  const texts = typeof inputs === "string" ? [inputs] : inputs
  const options = { topK: parameters?.top_k ?? "all", function: parameters?.function_to_apply ?? undefined } as const
  const results = await labelAll(serving, labeller, texts, options, reply)
  return results.map(({ scores = [] }) => [...scores])
}

/** Clients ask again at once, and without end, where they are told 503. */
function translate({ code, status, detail }: Problem): ForeignProblem {
  return { status: code === "overloaded" ? 429 : status, body: { error: detail } }
}
