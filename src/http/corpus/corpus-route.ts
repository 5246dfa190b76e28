import { pipeline, Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import { type LabelStream, openLabelStream } from "../../corpus/label-stream.ts"
import { corpusOptions } from "../../corpus/options.ts"
import { completeOptions, text, toggle } from "../../declaration.ts"
import { ValenceError } from "../../errors.ts"
import { guarded } from "../guarded.ts"
import { mostRowValues } from "../hooks/require-few-values.ts"
import { inBlocks } from "../in-blocks.ts"
import { noteTexts } from "../note-texts.ts"
import { sentInTime, takenInTime } from "../patience.ts"
import { RequestError } from "../problem.ts"
import { requestSignal } from "../request-signal.ts"
import { problems } from "../schemas.ts"
import { labellerOf, type ServerContext } from "../server-context.ts"
import { answerType, corpusTypes, encodingOf, formatOf, typeRefusal } from "./media-types.ts"
import { querySchema } from "./query-schema.ts"
import { streamLabeller } from "./stream-labeller.ts"

const {
  column,
  header,
  skipLines,
  delimiter,
  quotes,
  escape: escaping,
  minScore,
  prefix,
  scores,
  tokens,
  truncated,
  windows,
  unfamiliar,
  words,
} = corpusOptions
const { labels, scoreFunction, maxLength, longText, stride, pooling, empty } = corpusOptions

/** What a query may choose. */
export const corpusQuery = {
  model: text({ default: undefined, unit: "name", help: "one of GET /v1/models (default: the server's)" }),
  column,
  header,
  skipLines,
  delimiter,
  quotes,
  escape: escaping,
  labels,
  scoreFunction,
  maxLength,
  longText,
  stride,
  pooling,
  empty,
  minScore,
  prefix,
  scores,
  tokens,
  truncated,
  windows,
  unfamiliar,
  words,
  errors: toggle({ help: "add a column error to CSV and TSV; JSON Lines have it in rows without a label anyway" }),
} as const

const description = `Streams: rows are answered, in order and with all of their columns, while others are still being sent, and
what is under way is bounded. So read the answer while you send, as curl does. The answer has the format of the body unless \`Accept\` asks for
another, and the bytes of \`valence label\`. A row that cannot be labelled, or whose text is blank, keeps its place without label and
score; the trailers \`x-valence-rows\`, \`x-valence-failed\` and \`x-valence-empty\` count the rows. An error after the first row breaks the connection.`

/** `POST /v1/corpus`: rows in, labelled rows out, of any number. */
export function addCorpus(app: FastifyInstance, serving: ServerContext): void {
  const body = (type: string) => [type, { schema: { type: "string" } }] as const
  const schema = {
    tags: ["Corpus"],
    operationId: "labelCorpus",
    summary: "Label a corpus of any size as it comes",
    description,
    consumes: corpusTypes,
    querystring: querySchema(corpusQuery),
    response: {
      200: {
        description: "The labelled rows",
        content: Object.fromEntries(corpusTypes.filter(type => type !== "text/plain").map(body)),
      },
      ...problems(400, 401, 404, 406, 408, 415, 422, 429, 503),
    },
  }
  const { maxStreams } = serving.settings
  let streams = 0
  app.register(async app => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(corpusTypes, (_, payload, done) => done(null, payload))
    app.addContentTypeParser("*", ({ headers }, _, done) => done(typeRefusal(headers["content-type"])))
    app.post("/v1/corpus", { schema }, async (request, reply) => {
      if (streams >= maxStreams)
        throw new RequestError(503, `${maxStreams} streams are running, the maximum (maxStreams)`, closing)
      const stop = requestSignal(reply)
      // Of one that is closed already nothing more is heard.
      stop.signal.throwIfAborted()
      streams++
      // However it ends.
      const end = () => {
        streams--
        stop[Symbol.dispose]()
      }
      reply.raw.once("close", guarded(request.log, end))
      return answerStream(serving, stop.signal, request, reply)
    })
  })
}

/** What is left of the body is not waited for. */
const closing = { connection: "close" } as const

async function answerStream(
  serving: ServerContext,
  gone: AbortSignal,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { bodyTimeoutMs } = serving.settings
  const contentType = request.headers["content-type"]
  const answer = answerType(contentType, request.headers.accept)
  const encoding = encodingOf(contentType)
  const { model, errors, ...options } = completeOptions(corpusQuery, request.query as Record<string, never>, {})
  const input = Readable.from(sentInTime(plainBody(request), bodyTimeoutMs), { objectMode: false })
  let stream: LabelStream | undefined
  try {
    const labeller = labellerOf(serving, model)
    await serving.requireWorkers(labeller)
    stream = await openLabelStream({
      input,
      format: formatOf(contentType).format,
      outputFormat: answer.format,
      labeller: streamLabeller(labeller, gone, texts => noteTexts(serving, request.log, texts)),
      options: { ...options, encoding },
      errors,
      mostValues: mostRowValues,
    })
    for (const warning of stream.warnings) reply.header("x-valence-warning", asciiOnly(warning))
    const lines = takenInTime(
      stream.lines(),
      bodyTimeoutMs,
      guarded(request.log, () => reply.raw.destroy()),
    )
    // Until there is a line, what fails is the answer; after that, it breaks the connection.
    const first = await lines.next()
    const out = Readable.from(withCounts(first, lines, stream, request, reply), { highWaterMark: 1 })
    out.once(
      "close",
      guarded(request.log, () => stream?.close()),
    )
    return reply.type(`${answer.type}; charset=utf-8`).send(out)
  } catch (error) {
    input.destroy()
    await stream?.close()
    reply.headers(closing)
    // The reader of the input only knows that it could not.
    throw error instanceof ValenceError && error.cause instanceof RequestError ? error.cause : withCharset(error)
  }
}

/** An error that names an encoding as the command line does, as a client gives it. */
function withCharset(error: unknown): unknown {
  if (!(error instanceof ValenceError)) return error
  const message = error.message
    .replace(/\bread it with --encoding (\S+?)(?=,|$)/, "send it with charset=$1 in Content-Type")
    .replace("leave out --encoding", "leave out the charset in Content-Type")
  return message === error.message ? error : new ValenceError(error.code, message, { cause: error })
}

/** A header can hold no other characters. */
function asciiOnly(text: string): string {
  return text.replace(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** Lines, and after them trailers that count the rows; an answer to HTTP/1.0 has no place for trailers. */
function withCounts(
  first: IteratorResult<string, void>,
  others: AsyncIterable<string>,
  stream: LabelStream,
  { raw }: FastifyRequest,
  reply: FastifyReply,
): AsyncIterable<string> {
  const withTrailers = raw.httpVersion !== "1.0"
  const trailer = "x-valence-rows, x-valence-failed, x-valence-empty"
  // Node throws, in no handler's reach, if an answer has trailers and is not in chunks.
  if (withTrailers) reply.headers({ trailer, "transfer-encoding": "chunked" })
  return (async function* () {
    if (!first.done) yield first.value
    yield* others
    const { rows, failed, empty } = stream
    if (withTrailers)
      reply.raw.addTrailers({
        "x-valence-rows": String(rows),
        "x-valence-failed": String(failed),
        "x-valence-empty": String(empty),
      })
  })()
}

/**
 * The bytes of a body, decompressed.
 *
 * @throws RequestError 415 for a `Content-Encoding` that is not known
 */
function plainBody({ raw, headers }: FastifyRequest): AsyncIterable<Buffer> {
  const encoding = headers["content-encoding"]?.toLowerCase() ?? "identity"
  // The connection is needed for the answer, however much of the body is read.
  const bytes = inBlocks(raw, { destroyOnReturn: false })
  if (encoding === "identity") return bytes
  if (encoding !== "gzip" && encoding !== "x-gzip")
    throw new RequestError(415, `Content-Encoding must be gzip or identity; got ${encoding}`, closing)
  // An error goes to the reader of the decompressed bytes; no one may be left when it does.
  return pipeline(bytes, createGunzip(), () => {}).on("error", () => {})
}
