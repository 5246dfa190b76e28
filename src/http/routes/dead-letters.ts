import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import { Type } from "typebox"
import type { DeadLetter } from "../../queue/dead/dead-letters.ts"
import { refuseOtherSites } from "../hooks/refuse-other-sites.ts"
import { RequestError } from "../problem.ts"
import { nullable, problems } from "../schemas.ts"
import type { ServerContext } from "../server-context.ts"

/** Letters in an answer, and texts of each: a job may have a million characters. */
const mostLetters = 100
const mostTexts = 20
const mostCharacters = 1000

const Letter = Type.Object(
  {
    id: Type.String({ description: "QUEUE.JOB" }),
    queue: Type.String(),
    job: Type.String(),
    cause: Type.Object({ code: Type.String(), message: Type.String() }, { description: "Why the job failed" }),
    attempts: Type.Integer({ description: "How often it was tried" }),
    failedMs: Type.Number({ description: "When it failed, ms since 1970" }),
    model: nullable(
      Type.Object(
        { name: Type.String(), revision: Type.String(), dtype: Type.String() },
        { description: "Model of the worker; null if an earlier version of Valence wrote the letter" },
      ),
    ),
    textCount: nullable(Type.Integer({ description: "Texts of the job; null if it cannot be read" })),
    texts: nullable(Type.Array(Type.String(), { description: "The texts; in a list the beginnings of the first 20" })),
  },
  { title: "DeadLetter" },
)

const LetterList = Type.Object(
  {
    total: Type.Integer({ description: "Dead letters in Redis" }),
    letters: Type.Array(Letter, { description: "The oldest first" }),
  },
  { title: "DeadLetterList" },
)

const ids = Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
  minItems: 1,
  maxItems: 1000,
  description: "Letters, by their ids",
})
const Chosen = Type.Object(
  {
    ids: Type.Optional(ids),
    all: Type.Optional(Type.Literal(true, { description: "All letters that are there when the request begins" })),
  },
  { title: "ChosenDeadLetters", additionalProperties: false, examples: [{ ids: ["valence.j0123"] }, { all: true }] },
)

const Done = Type.Object(
  {
    done: Type.Integer({ description: "Letters that were retried, or dropped" }),
    problems: Type.Array(Type.String(), { description: "Why others were not" }),
  },
  { title: "DeadLettersDone" },
)

const tags = ["Dead letters"]
const described = {
  list: "Jobs that failed for good, with their texts. With API keys it needs an operator key, because it shows the jobs of all keys.",
  retry: `Puts the jobs back into their queues, with all their attempts. A request that a browser sends from another site is refused (403).`,
  drop: `Removes the letters, and the jobs in them, for good. A request that a browser sends from another site is refused (403).`,
}

/** `/v1/dead-letters`: lists jobs that failed for good, retries and drops them; 501 without a fleet. */
export function addDeadLetters(app: FastifyInstance, { queues }: ServerContext): void {
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  const config = { operator: true } as const
  const letters = () => {
    if (queues) return queues.deadLetters
    throw new RequestError(501, "dead letters need a fleet; this server was started without --redis")
  }
  const list = {
    tags,
    operationId: "listDeadLetters",
    summary: "Jobs that failed for good",
    description: described.list,
    querystring: Type.Object(
      {
        start: Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9, description: "Letters to leave out at first" })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: mostLetters, description: "Default: 20" })),
      },
      { additionalProperties: false },
    ),
    response: { 200: LetterList, ...problems(400, 401, 403, 429, 501, 503) },
  }
  api.get("/v1/dead-letters", { config, schema: list }, async ({ query: { start = 0, limit = 20 } }, reply) => {
    const [total, found] = await Promise.all([letters().count(), letters().list(start, limit)])
    reply.header("cache-control", "no-store")
    return { total, letters: found.map(letter => shortened(shownLetter(letter))) }
  })

  const one = {
    tags,
    operationId: "getDeadLetter",
    summary: "One dead letter, with all texts",
    params: Type.Object({ id: Type.String({ maxLength: 500, description: "As GET /v1/dead-letters gave it" }) }),
    response: { 200: Letter, ...problems(401, 403, 404, 414, 429, 501, 503) },
  }
  api.get("/v1/dead-letters/:id", { config, schema: one }, async ({ params: { id } }, reply) => {
    const letter = await letters().find(id)
    if (letter === undefined) throw new RequestError(404, `no dead letter has the id ${id}`)
    reply.header("cache-control", "no-store")
    return shownLetter(letter)
  })

  for (const act of ["retry", "drop"] as const) {
    const schema = {
      tags,
      operationId: `${act}DeadLetters`,
      summary: act === "retry" ? "Put jobs back into their queues" : "Remove dead letters",
      description: described[act],
      body: Chosen,
      response: { 200: Done, ...problems(400, 401, 403, 408, 413, 415, 429, 501, 503) },
    }
    const options = { config, schema, onRequest: refuseOtherSites }
    api.post(`/v1/dead-letters/${act}`, options, async ({ body: { ids, all } }) => {
      if ((ids === undefined) === (all === undefined)) throw new RequestError(400, "body must have either ids or all")
      const chosen = [...new Set(ids ?? (await letters().ids()))]
      const found = await letters().each(act, chosen)
      return { done: chosen.length - found.length, problems: found.map(({ message }) => message) }
    })
  }
}

function shownLetter({ id, queue, job, cause, attempts, failedMs, model, data }: DeadLetter) {
  const texts = textsOf(data)
  const textCount = texts?.length ?? null
  return { id, queue, job, cause, attempts, failedMs, model: model ?? null, textCount, texts }
}

function shortened(letter: ReturnType<typeof shownLetter>): ReturnType<typeof shownLetter> {
  const cut = (text: string) =>
    text.length > mostCharacters ? `${text.slice(0, mostCharacters).toWellFormed()}…` : text
  return { ...letter, texts: letter.texts?.slice(0, mostTexts).map(cut) ?? null }
}

/** The texts of a job, as far as another program wrote them as it must. */
function textsOf(data: unknown): string[] | null {
  const { texts } = (data ?? {}) as { readonly texts?: unknown }
  if (!Array.isArray(texts)) return null
  const all = texts.map((each: unknown) => (each as { readonly text?: unknown } | null)?.text)
  return all.every(text => typeof text === "string") ? all : null
}
