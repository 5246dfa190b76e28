import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import { Type } from "typebox"
import type { Labeller } from "../../labeller.ts"
import { ModelList, ModelSchema, OpenAiModel, problems } from "../schemas.ts"
import { labellerOf, type ServerContext } from "../server-context.ts"

const described = ({ model }: Labeller) => ({
  ...model,
  labels: [...model.labels],
  // JSON has no Infinity.
  maxLength: Number.isFinite(model.maxLength) ? model.maxLength : null,
})

/** A model as OpenAI's clients read it. */
const openAiModel = ({ model }: Labeller, created: number) => ({
  id: model.name,
  object: "model" as const,
  created,
  owned_by: "valence",
})

/** `GET /v1/model`, `/v1/models` and `/v1/models/{id}`: the models that can be asked for. */
export function addModelsRoute(app: FastifyInstance, served: ServerContext): void {
  const { labeller, others } = served
  const created = Math.floor(Date.now() / 1000)
  const tags = ["Models"]
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const one = {
    tags,
    operationId: "getDefaultModel",
    summary: "The default model",
    response: { 200: ModelSchema, ...problems(401) },
  }
  api.get("/v1/model", { schema: one }, async () => described(labeller))
  const all = {
    tags,
    operationId: "listModels",
    summary: "The models that a request may name",
    description: "`data` has them in the form of OpenAI and vLLM, whose clients ask for them first.",
    response: { 200: ModelList, ...problems(401) },
  }
  // While a model is changed, two fleets may have one name: the first answers to it.
  const models = [labeller, ...others].filter(
    ({ model }, index, all) => all.findIndex(other => other.model.name === model.name) === index,
  )
  api.get("/v1/models", { schema: all }, async () => ({
    object: "list" as const,
    data: models.map(model => openAiModel(model, created)),
    default: labeller.model.name,
    models: models.map(described),
  }))
  const named = {
    tags,
    operationId: "getModel",
    summary: "One model, in the form of OpenAI",
    // Ids have slashes in them.
    params: Type.Object({ "*": Type.String({ description: "One of GET /v1/models" }) }),
    response: { 200: OpenAiModel, ...problems(401, 404) },
  }
  api.get("/v1/models/*", { schema: named }, async ({ params }) =>
    openAiModel(labellerOf(served, params["*"]), created),
  )
}
