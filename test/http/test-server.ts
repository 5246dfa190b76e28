import type { Server as HttpServer } from "node:http"
import type { FastifyInstance } from "fastify"
import { WorkerEmitter } from "../../src/events.ts"
import { createServer, type ServerRequest } from "../../src/http/create-server.ts"
import type { Labeller } from "../../src/labeller.ts"
import { createLexiconLabeller } from "../../src/lexicon/lexicon-labeller.ts"

/** A server that listens on a free port. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly app: FastifyInstance
  /** Node's server. */
  readonly http: HttpServer
  /** Tells the server what its labeller would. */
  readonly events: WorkerEmitter
  close(): Promise<void>
}

/** Starts a server around a labeller, which it closes at its end; default: the lexicon `afinn-111`, beside `mvp`. */
export async function startTestServer(request: Partial<ServerRequest> = {}): Promise<TestServer> {
  const labeller: Labeller = request.labeller ?? (await createLexiconLabeller({ model: "afinn-111" }))
  const others = request.others ?? [await createLexiconLabeller({ model: "mvp" })]
  const events = request.events ?? new WorkerEmitter()
  const server = await createServer({ ...request, labeller, others, events, options: { port: 0, ...request.options } })
  const url = await server.listen()
  const close = async () => {
    await server.close()
    for (const each of [labeller, ...others]) await each.close()
  }
  return { url, app: server.app, http: server.app.server, events, close, [Symbol.asyncDispose]: close }
}

/** Sends JSON, and reads the answer's. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
