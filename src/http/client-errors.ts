import type { Socket } from "node:net"
import { problemOf, RequestError } from "./problem.ts"

/** What Node says of a request that is no HTTP, or too much of it. */
function errorOf({ code }: NodeJS.ErrnoException): RequestError {
  if (code === "HPE_HEADER_OVERFLOW") return new RequestError(431, "the head of a request must have at most 16 KiB")
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new RequestError(408, "the head of a request must arrive within 60 s")
  return new RequestError(400, "a request must be HTTP/1.1")
}

/** Answers what Node could not read as a request, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = problemOf(errorOf(error))
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
