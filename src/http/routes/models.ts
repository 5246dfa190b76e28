import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import type { Labeller } from "../../labeller.ts"
import { Model, ModelList, problems } from "../schemas.ts"
import type { Serving } from "../serving.ts"

const described = ({ model }: Labeller) => ({
  ...model,
  labels: [...model.labels],
  // JSON has no Infinity.
  maxLength: Number.isFinite(model.maxLength) ? model.maxLength : null,
})

/** `GET /v1/model` and `GET /v1/models`: what labels. */
export function addModels(app: FastifyInstance, { labeller, others }: Serving): void {
  const tags = ["Models"]
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const one = { tags, summary: "The model that labels what names none", response: { 200: Model, ...problems(401) } }
  api.get("/v1/model", { schema: one }, async () => described(labeller))
  const all = { tags, summary: "The models that a request may name", response: { 200: ModelList, ...problems(401) } }
  api.get("/v1/models", { schema: all }, async () => ({
    default: labeller.model.name,
    models: [labeller, ...others].map(described),
  }))
}
