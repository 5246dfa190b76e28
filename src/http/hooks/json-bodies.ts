import { isUtf8 } from "node:buffer"
import { createGunzip } from "node:zlib"
import type { FastifyInstance, FastifyRequest } from "fastify"
import { RequestError } from "../problem.ts"
import { requireFewValuesInTurns } from "./require-few-values.ts"

/** How a scope reads JSON. */
export interface JsonReading {
  /** Whether a request may say that it has JSON and have nothing, as Python's clients do when they delete or cancel. */
  readonly mayBeEmpty: boolean
  readonly mostValues: number
}

/**
 * Reads JSON bodies as they are: in UTF-8, which another charset or other bytes are not.
 *
 * A request is refused with 415 for another charset, with 400 for bytes that are not UTF-8 or not JSON, and with 413 for too many values.
 */
export function readJsonBodies(app: FastifyInstance, { mayBeEmpty, mostValues }: JsonReading): void {
  const parse = app.getDefaultJsonParser("error", "error")
  app.removeContentTypeParser("application/json")
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) => {
    await requireFewValuesInTurns(body, mostValues)
    const json = decode(request, body)
    if (json === "" && mayBeEmpty) return undefined
    return new Promise((resolve, reject) => {
      void parse(request, json, (error, value) => (error ? reject(error) : resolve(value)))
    })
  })
}

function decode({ headers }: FastifyRequest, body: Buffer): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers["content-type"] ?? "")?.[1]
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw new RequestError(415, `a JSON body must be in UTF-8; got charset ${charset}`)
  // Replaced by U+FFFD they would be labelled in silence.
  if (!isUtf8(body)) throw new RequestError(400, "a JSON body must be in UTF-8; it has bytes that are not")
  return body.toString("utf8", hasMark(body) ? 3 : 0)
}

const hasMark = (body: Buffer) => body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf

/**
 * Unpacks JSON bodies that come with `Content-Encoding: gzip`; the limit of a body's size holds for what is unpacked. Any
 * other encoding, and any encoding of a form, is refused with 415. Corpus streams are unpacked where they are read.
 */
export function unpackBodies(app: FastifyInstance): void {
  app.addHook("preParsing", async ({ headers }, _, payload) => {
    const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity"
    const type = headers["content-type"] ?? ""
    const isJson = /^application\/json\b/i.test(type)
    if (encoding === "identity" || (!isJson && !/^multipart\//i.test(type))) return payload
    if (!isJson) throw new RequestError(415, `Content-Encoding of a form must be identity; got ${encoding}`)
    if (encoding !== "gzip" && encoding !== "x-gzip")
      throw new RequestError(415, `Content-Encoding must be gzip or identity; got ${encoding}`, {
        "accept-encoding": "gzip, identity",
      })
    const unpacked = Object.assign(createGunzip(), { receivedEncodedLength: 0 })
    // fastify compares what has come with the Content-Length.
    payload.on("data", (chunk: Buffer) => {
      unpacked.receivedEncodedLength += chunk.length
    })
    unpacked.once("error", error => {
      error.message = `a body with Content-Encoding: gzip must be gzip; ${error.message}`
    })
    payload.once("error", error => unpacked.destroy(error))
    return payload.pipe(unpacked)
  })
}
