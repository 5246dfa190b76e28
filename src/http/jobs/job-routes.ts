import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { Type } from "typebox"
import { unlessEnded } from "../../aborting.ts"
import { readJsonBodies } from "../hooks/json-bodies.ts"
import { mostValues } from "../hooks/require-few-values.ts"
import { inTime } from "../in-time.ts"
import { oneOrMany, requireFewTexts } from "../label-call.ts"
import { logTexts } from "../note-texts.ts"
import { RequestError } from "../problem.ts"
import { requestSignal } from "../request-signal.ts"
import { NoQuery, problems } from "../schemas.ts"
import type { ServerContext } from "../server-context.ts"
import { JobRequest, JobResourceSchema } from "./job-schemas.ts"
import type { Jobs } from "./jobs.ts"
import { webhookUrl } from "./webhook-url.ts"
import type { Webhooks } from "./webhooks.ts"

/** What the routes of jobs work with, for one fleet. */
export interface FleetJobs {
  /** The name of its model. */
  readonly model: string
  readonly jobs: Jobs
  /** Absent without a secret to sign them with. */
  readonly webhooks: Webhooks | undefined
}

/** A client's maximum wait, seconds. */
const longestWait = 60

const tags = ["Jobs"]
const params = Type.Object({ id: Type.String({ maxLength: 100, description: "As POST /v1/jobs gave it" }) })

const described = {
  add: `Answers at once. Get the labels from \`GET /v1/jobs/:id\` or by webhook. A request that is sent again with the same
\`Idempotency-Key\` within a day is the same job. Texts stand in lane bulk unless the request says otherwise.`,
  get: "The state of a job, and its results if it is completed. Results are kept for the workers' keepResultSeconds.",
  remove: `A waiting job is removed, a running one is dropped if it has not reached a device, results are removed, and no
webhook is sent any more.`,
}

/** `POST`, `GET` and `DELETE /v1/jobs`: texts whose labels are collected later. */
export function addJobs(app: FastifyInstance, serving: ServerContext, fleets: readonly FleetJobs[]): void {
  readJsonBodies(app, { mayBeEmpty: true, mostValues: mostValues(serving.settings.maxTexts) })
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const add = {
    tags,
    operationId: "createJob",
    summary: "Have texts labelled later",
    description: described.add,
    headers: Type.Object({ "idempotency-key": Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) }),
    body: JobRequest,
    querystring: NoQuery,
    response: { 202: JobResourceSchema, ...problems(400, 401, 404, 408, 413, 415, 422, 429, 501, 503, 504) },
  }
  api.post("/v1/jobs", { schema: add }, async (request, reply) => {
    const { text, texts, webhook, model, ...options } = request.body
    const { jobs, webhooks } = fleetOf(fleets, model)
    const all = oneOrMany(text, texts)
    requireFewTexts(all, serving.settings.maxTexts)
    if (webhook) webhookUrl(webhook.url, serving.settings.allowPrivateWebhooks)
    const teller = webhook && requireWebhooks(webhooks)
    logTexts(serving.settings, request.log, all)
    const key = request.headers["idempotency-key"]
    const idempotency = key && { key, body: JSON.stringify(request.body) }
    return inTime(serving, reply, async () => {
      const id = await jobs.add(request.keyName, all, { lane: "bulk", ...options }, idempotency || undefined)
      if (webhook) await teller?.add(request.keyName, id, webhook.url)
      reply.status(202).header("location", `/v1/jobs/${id}`)
      return (idempotency && (await jobs.read(request.keyName, id))) || { id, state: "waiting" as const }
    })
  })

  const get = {
    tags,
    operationId: "getJob",
    summary: "The state of a job, and its results",
    description: described.get,
    params,
    querystring: Type.Object(
      {
        wait: Type.Optional(
          Type.Number({ minimum: 0, maximum: longestWait, description: "Seconds to wait for the job to end" }),
        ),
      },
      { additionalProperties: false },
    ),
    response: { 200: JobResourceSchema, ...problems(400, 401, 404, 414, 429, 501, 503, 504) },
  }
  api.get("/v1/jobs/:id", { schema: get }, async (request, reply) => {
    const { id } = request.params
    const { wait = 0 } = request.query
    const { jobs } = await inTime(serving, reply, () => fleetWith(fleets, request.keyName, id))
    if (wait > 0) await waitForEnd(serving, jobs, id, wait, request, reply)
    const resource = await inTime(serving, reply, () => jobs.read(request.keyName, id))
    if (resource === undefined) throw noSuchJob(id)
    return reply.header("cache-control", "no-store").send(resource as never)
  })

  const remove = {
    tags,
    operationId: "deleteJob",
    summary: "Take a job back",
    description: described.remove,
    params,
    response: {
      204: { description: "It is cancelled", type: "null" },
      ...problems(400, 401, 404, 414, 429, 501, 503, 504),
    },
  }
  api.delete("/v1/jobs/:id", { schema: remove }, async (request, reply) => {
    const { id } = request.params
    const there = await inTime(serving, reply, async () => {
      const { jobs, webhooks } = await fleetWith(fleets, request.keyName, id)
      // First: a delivery that finds no job would report it as lost.
      if (jobs.owns(request.keyName, id)) await webhooks?.remove(id)
      return jobs.remove(request.keyName, id)
    })
    if (!there) throw noSuchJob(id)
    return reply.status(204).send()
  })
}

async function waitForEnd(
  { stopping }: ServerContext,
  jobs: Jobs,
  id: string,
  seconds: number,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  using ended = requestSignal(reply, Math.ceil(seconds * 1000))
  // A server that stops says at once how far it is.
  const signal = AbortSignal.any([ended.signal, stopping])
  await unlessEnded(jobs.wait(request.keyName, id, signal), signal).catch((error: unknown) => {
    if (!signal.aborted) throw error
    request.log.debug({ job: id }, "job has not ended within the time that its client waits")
  })
}

/**
 * The fleet whose model a job names; the default one if it names none.
 *
 * @throws RequestError 404 for a model that no fleet has, 501 without a fleet
 */
function fleetOf(fleets: readonly FleetJobs[], name: string | undefined): FleetJobs {
  const [first] = fleets
  if (first === undefined) throw new RequestError(501, "jobs need a fleet: start the server with --redis")
  const found = name === undefined ? first : fleets.find(({ model }) => model === name)
  if (found) return found
  const names = [...new Set(fleets.map(({ model }) => model))].join(", ")
  throw new RequestError(404, `model of a job must be a fleet's, one of ${names}; got ${name}`)
}

/**
 * The fleet that has a job; the default one if none has it.
 *
 * @throws RequestError 501 without a fleet
 */
async function fleetWith(fleets: readonly FleetJobs[], owner: string, id: string): Promise<FleetJobs> {
  const first = fleetOf(fleets, undefined)
  // One that is alone need not be asked.
  if (fleets.length > 1) for (const fleet of fleets) if ((await fleet.jobs.read(owner, id)) !== undefined) return fleet
  return first
}

/** @throws RequestError 501 */
function requireWebhooks(webhooks: Webhooks | undefined): Webhooks {
  if (webhooks) return webhooks
  throw new RequestError(501, "webhooks need a secret to sign them with: set VALENCE_WEBHOOK_SECRET")
}

const noSuchJob = (id: string) => new RequestError(404, `no job has the id ${id}`)
