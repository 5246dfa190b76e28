import { type FastifyReply, type FastifyRequest, LogController } from "fastify"

/** What fastify itself writes about requests: errors alone. `measureRequests` writes one line for each request, fastify two. */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    if (error) super.requestCompleted(error, request, reply)
  }

  /** A client that hangs up is no news. */
  override streamError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") super.streamError(error, request, reply)
  }
}
