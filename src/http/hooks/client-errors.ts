import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { FastifyInstance } from "fastify"
import { problemOf, RequestError } from "../problem.ts"

/** How long a client may keep the connection of a refused request, to read why. */
const lingerMs = 1000

/** What Node says of a request that is no HTTP, or too much of it. */
function errorOf({ code }: NodeJS.ErrnoException): RequestError {
  if (code === "HPE_HEADER_OVERFLOW") return new RequestError(431, "the head of a request must have at most 16 KiB")
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new RequestError(408, "the head of a request must arrive within 60 s")
  return new RequestError(400, "a request must be HTTP/1.1")
}

/** Answers what Node could not read as a request, and closes the connection. */
export class ClientErrors {
  /** What is being answered on a connection; several requests if they are pipelined. */
  readonly #answers = new WeakMap<Socket, Set<ServerResponse>>()

  /** Notes the answers of a server's connections. */
  watch(app: FastifyInstance): void {
    app.addHook("onRequest", async ({ raw: { socket } }, { raw: response }) => {
      const answers = this.#answers.get(socket) ?? new Set()
      this.#answers.set(socket, answers.add(response))
      response.once("close", () => answers.delete(response))
    })
  }

  /** Is called by Node with what it could not read. */
  readonly answer = (error: NodeJS.ErrnoException, socket: Socket): void => {
    const answers = this.#answers.get(socket) ?? new Set()
    // In the middle of an answer, the client would take it for a part of that.
    const begun = [...answers].some(({ headersSent }) => headersSent)
    if (error.code === "ECONNRESET" || !socket.writable || begun) {
      socket.destroy()
      return
    }
    const problem = problemOf(errorOf(error))
    const body = JSON.stringify(problem)
    socket.end(
      `HTTP/1.1 ${problem.status} ${problem.title}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    // A client that does not close it would keep it.
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }
}
