import { Readable } from "node:stream"
import multipart from "@fastify/multipart"
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance, FastifyReply } from "fastify"
import { Type } from "typebox"
import { answerProblemsAs } from "../dialects/dialect.ts"
import { guarded } from "../guarded.ts"
import { readJsonBodies } from "../hooks/json-bodies.ts"
import { mostValues } from "../hooks/require-few-values.ts"
import { inTime } from "../in-time.ts"
import { takenInTime } from "../patience.ts"
import { RequestError } from "../problem.ts"
import { requestSignal } from "../request-signal.ts"
import type { ServerContext } from "../server-context.ts"
import { fileResource, pageResource } from "./batch-resource.ts"
import { FileDeleted, FileForm, FileList, FileObject, FileQuery, OpenAiFailure } from "./batch-schemas.ts"
import { type BatchServices, requireBatches } from "./open-batches.ts"
import { openAiProblem } from "./openai-problem.ts"
import { storeUpload } from "./upload.ts"

const tags = ["Batches"]
const failures = { "4xx": OpenAiFailure, "5xx": OpenAiFailure }
const params = Type.Object({ id: Type.String({ maxLength: 100, description: "As POST /v1/files gave it" }) })

const described = {
  add: "A file of requests for a batch, JSON Lines, as OpenAI takes it. It is stored as it comes.",
  content: "The bytes of a file: of a batch's output and errors too.",
}

/** `/v1/files`, as OpenAI answers them, for batches. */
export function addFiles(app: FastifyInstance, serving: ServerContext, services: BatchServices | undefined): void {
  answerProblemsAs(app, openAiProblem)
  readJsonBodies(app, { mayBeEmpty: true, mostValues: mostValues(serving.settings.maxTexts) })
  const { maxFileBytes, bodyTimeoutMs } = serving.settings
  // One byte more shows that there are too many.
  app.register(multipart, { limits: { files: 1, fields: 10, fileSize: maxFileBytes + 1 } })
  const api = app.withTypeProvider<TypeBoxTypeProvider>()

  const add = {
    tags,
    operationId: "uploadFile",
    summary: "Upload a file of requests",
    description: described.add,
    response: { 200: FileObject, ...failures },
  }
  app.post(
    "/v1/files",
    {
      schema: { ...add, consumes: ["multipart/form-data"], body: FileForm },
      // The form is checked as it comes.
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const { files } = requireBatches(services)
      if (!request.isMultipart()) throw new RequestError(415, "Content-Type must be multipart/form-data")
      using gone = requestSignal(reply)
      try {
        return fileResource(await storeUpload(files, request, bodyTimeoutMs, gone.signal))
      } catch (error) {
        // What is left of the body is not waited for.
        reply.header("connection", "close")
        throw error
      }
    },
  )

  const list = {
    tags,
    operationId: "listFiles",
    summary: "The files",
    querystring: FileQuery,
    response: { 200: FileList, ...failures },
  }
  api.get("/v1/files", { schema: list }, async (request, reply) => {
    const { files } = requireBatches(services)
    const { after, limit, order, purpose } = request.query
    const newest = await inTime(serving, reply, () => files.list(request.keyName))
    const wanted = newest.filter(file => purpose === undefined || file.purpose === purpose)
    const all = order === "asc" ? wanted.reverse() : wanted
    const before = after === undefined ? -1 : all.findIndex(({ id }) => id === after)
    if (after !== undefined && before === -1) throw new RequestError(400, `no file has the id ${after} (after)`)
    const some = all.slice(before + 1, before + 1 + limit)
    return pageResource(some.map(fileResource), all.length > before + 1 + limit)
  })

  const get = {
    tags,
    operationId: "getFile",
    summary: "Describe a file",
    params,
    response: { 200: FileObject, ...failures },
  }
  api.get("/v1/files/:id", { schema: get }, async (request, reply) => fileResource(await fileOf(request, reply)))

  const content = {
    tags,
    operationId: "getFileContent",
    summary: "The bytes of a file",
    description: described.content,
    params,
    response: {
      200: { description: "Its bytes", content: { "application/jsonl": { schema: { type: "string" } } } },
      ...failures,
    },
  }
  api.get("/v1/files/:id/content", { schema: content }, async (request, reply) => {
    const file = await fileOf(request, reply)
    const bytes = requireBatches(services).files.content(file)
    const out = Readable.from(
      takenInTime(
        bytes,
        bodyTimeoutMs,
        guarded(request.log, () => reply.raw.destroy()),
      ),
      { objectMode: false },
    )
    reply.type("application/jsonl").header("content-length", file.bytes)
    return reply.send(out as never)
  })

  const remove = {
    tags,
    operationId: "deleteFile",
    summary: "Remove a file",
    params,
    response: { 200: FileDeleted, ...failures },
  }
  api.delete("/v1/files/:id", { schema: remove }, async (request, reply) => {
    const { id } = await fileOf(request, reply)
    await inTime(serving, reply, () => requireBatches(services).files.drop(id))
    return { id, object: "file" as const, deleted: true }
  })

  /** @throws RequestError 404 */
  async function fileOf(request: FileAsked, reply: FastifyReply) {
    const { files } = requireBatches(services)
    const { id } = request.params
    const file = await inTime(serving, reply, () => files.read(request.keyName, id))
    if (file === undefined) throw new RequestError(404, `no file has the id ${id}`)
    return file
  }
}

/** A request for one file. */
interface FileAsked {
  readonly params: { readonly id: string }
  readonly keyName: string
}
