import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import { Type } from "typebox"
import { answerProblemsAs } from "../dialects/dialect.ts"
import { readJsonBodies } from "../hooks/json-bodies.ts"
import { mostValues } from "../hooks/require-few-values.ts"
import { inTime } from "../in-time.ts"
import { RequestError } from "../problem.ts"
import type { ServerContext } from "../server-context.ts"
import { batchResource, pageResource } from "./batch-resource.ts"
import { BatchForm, BatchList, BatchObject, BatchQuery, OpenAiFailure } from "./batch-schemas.ts"
import type { Batch } from "./batch-store.ts"
import { type BatchServices, requireBatches } from "./open-batches.ts"
import { openAiProblem } from "./openai-problem.ts"

const tags = ["Batches"]
const failures = { "4xx": OpenAiFailure, "5xx": OpenAiFailure }
const params = Type.Object({ id: Type.String({ maxLength: 100, description: "As POST /v1/batches gave it" }) })

const described = {
  add: `Each line of the file is \`{"custom_id", "method": "POST", "url": "/v1/label", "body"}\`, with the body of \`POST /v1/label\`; it is
answered by a line of the output file, or of the error file if it has no labels. Texts go to lane bulk.`,
  cancel: "What is labelled by then is kept, and can be downloaded.",
}

/** `/v1/batches`, as OpenAI answers them: files of requests that are labelled later. */
export function addBatches(app: FastifyInstance, serving: ServerContext, services: BatchServices | undefined): void {
  answerProblemsAs(app, openAiProblem)
  readJsonBodies(app, { mayBeEmpty: true, mostValues: mostValues(serving.settings.maxTexts) })
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const one = { 200: BatchObject, ...failures }

  const add = {
    tags,
    operationId: "createBatch",
    summary: "Label a file of requests",
    description: described.add,
    body: BatchForm,
    response: one,
  }
  api.post("/v1/batches", { schema: add }, async (request, reply) => {
    const { batches } = requireBatches(services)
    const { input_file_id: inputFile, metadata = null, output_expires_after: expiresAfter } = request.body
    const order = { inputFile, metadata, keepOutputSeconds: expiresAfter?.seconds }
    const create = () => batches.create(request.keyName, order)
    return batchResource(await inTime(serving, reply, create))
  })

  const list = {
    tags,
    operationId: "listBatches",
    summary: "The batches, the newest first",
    querystring: BatchQuery,
    response: { 200: BatchList, ...failures },
  }
  api.get("/v1/batches", { schema: list }, async (request, reply) => {
    const { batches } = requireBatches(services)
    const { after, limit } = request.query
    // One more shows whether there are more.
    const some = await inTime(serving, reply, () => batches.list(request.keyName, limit + 1, after))
    return pageResource(some.slice(0, limit).map(batchResource), some.length > limit)
  })

  const get = { tags, operationId: "getBatch", summary: "The state of a batch", params, response: one }
  api.get("/v1/batches/:id", { schema: get }, async (request, reply) => {
    const { batches } = requireBatches(services)
    const { id } = request.params
    const batch = await inTime(serving, reply, () => batches.read(request.keyName, id))
    return batchResource(requireBatch(batch, id))
  })

  const cancel = {
    tags,
    operationId: "cancelBatch",
    summary: "Cancel a batch",
    description: described.cancel,
    params,
    response: one,
  }
  api.post("/v1/batches/:id/cancel", { schema: cancel }, async (request, reply) => {
    const { batches } = requireBatches(services)
    const { id } = request.params
    const batch = await inTime(serving, reply, () => batches.cancel(request.keyName, id))
    return batchResource(requireBatch(batch, id))
  })
}

/** @throws RequestError 404 */
function requireBatch(batch: Batch | undefined, id: string): Batch {
  if (batch) return batch
  throw new RequestError(404, `no batch has the id ${id}`)
}
