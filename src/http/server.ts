import type { FastifyInstance } from "fastify"
import { asError, ValenceError } from "../errors.ts"
import type { ServerContext } from "./server-context.ts"

/** How often a server that stops looks for connections that nothing is asked on. */
const idleLookMs = 50

/** A server that is made and does not listen yet, or listens. */
export class Server implements AsyncDisposable {
  readonly app: FastifyInstance
  /** Whether anybody may call. */
  readonly open: boolean
  readonly #serving: ServerContext
  readonly #stop: AbortController
  #closing: Promise<void> | undefined

  /** @internal use `createServer` */
  constructor(app: FastifyInstance, serving: ServerContext, stop: AbortController, open: boolean) {
    this.app = app
    this.#stop = stop
    this.open = open
    this.#serving = serving
  }

  /**
   * Listens, once a text was labelled.
   *
   * @returns where: with the address `0.0.0.0` or `[::]` if it listens on all
   * @throws ValenceError `option_invalid` if the port is not available
   */
  async listen(): Promise<string> {
    const { host, port } = this.#serving.settings
    await this.#serving.readiness.begin()
    const { log } = this.app
    const { level } = log
    // Fastify would write a line for each address; the caller says where the server listens.
    if (["trace", "debug", "info"].includes(level)) log.level = "warn"
    try {
      const url = await this.app.listen({ host, port })
      // Fastify names the loopback instead.
      const bound = this.app.server.address()
      if (bound === null || typeof bound === "string") return url
      if (bound.address === "0.0.0.0") return `http://0.0.0.0:${bound.port}`
      return bound.address === "::" ? `http://[::]:${bound.port}` : url
    } catch (cause) {
      const why = `port ${port} must be free on ${host}; got ${asError(cause).message}`
      throw new ValenceError("option_invalid", why, { cause })
    } finally {
      log.level = level
    }
  }

  /** Logs and counts an error that no handler caught. The server continues: its state is that of single requests. */
  unforeseen(error: unknown): void {
    this.#serving.metrics.unforeseen()
    this.app.log.error(asError(error), "no handler caught an error; the server continues")
  }

  /** Is not ready from now on, finishes the requests under way for at most `drainSeconds`, and lets go of the port. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { readiness, settings } = this.#serving
    readiness.end()
    if (settings.unreadySeconds > 0) await new Promise(resolve => setTimeout(resolve, settings.unreadySeconds * 1000))
    this.#stop.abort()
    const late = setTimeout(() => this.app.server.closeAllConnections(), settings.drainSeconds * 1000)
    // A connection that is kept alive becomes idle when its answer is sent; nothing else would close it then.
    const idle = setInterval(() => this.app.server.closeIdleConnections(), idleLookMs)
    await this.app.close()
    clearInterval(idle)
    clearTimeout(late)
  }
}
