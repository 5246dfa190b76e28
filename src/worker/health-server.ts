import { createServer, type Server, type ServerResponse } from "node:http"
import { asError, ValenceError } from "../errors.ts"

/** What a worker's port shows. */
export interface HealthFacts {
  /** Why it is not ready; `undefined` if it is. */
  problem(): Promise<string | undefined>
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
  /** Other JSON that it serves, by path. */
  readonly json?: Readonly<Record<string, () => Promise<unknown>>>
}

/** A port that orchestrators and Prometheus ask: `/livez`, `/readyz`, `/metrics`. */
export class HealthServer implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /**
   * Listens.
   *
   * @throws ValenceError `option_invalid` if the port is not available
   */
  static async listen(facts: HealthFacts, host: string, port: number): Promise<HealthServer> {
    const server = createServer((request, response) => {
      const [path = "/"] = (request.url ?? "/").split("?")
      answer(facts, path, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once("error", error =>
        reject(
          new ValenceError("option_invalid", `port ${port} must be free on ${host}; got ${error.message}`, {
            cause: error,
          }),
        ),
      )
      server.listen(port, host, resolve)
    })
    return new HealthServer(server)
  }

  /** Where it listens; another port than asked for if that was 0. */
  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === "string") return ""
    const host = address.family === "IPv6" ? `[${address.address}]` : address.address
    return `http://${host}:${address.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

async function answer(facts: HealthFacts, path: string, response: ServerResponse): Promise<void> {
  if (path === "/livez") return send(response, 200, "live\n")
  if (path === "/readyz") {
    const problem = await facts.problem()
    return send(response, problem === undefined ? 200 : 503, `${problem ?? "ready"}\n`)
  }
  const json = facts.json ?? {}
  try {
    if (path === "/metrics") {
      const { contentType, text } = await facts.metrics()
      return send(response, 200, text, contentType)
    }
    const tell = Object.hasOwn(json, path) ? json[path] : undefined
    if (tell) return send(response, 200, JSON.stringify(await tell()), "application/json; charset=utf-8")
  } catch (error) {
    return send(response, 503, `${asError(error).message}\n`)
  }
  const paths = ["/livez", "/readyz", "/metrics", ...Object.keys(json)].join(", ")
  return send(response, 404, `there is ${paths}\n`)
}

function send(response: ServerResponse, status: number, text: string, contentType = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" }).end(text)
}
