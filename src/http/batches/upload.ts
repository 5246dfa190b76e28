import type { Multipart } from "@fastify/multipart"
import type { FastifyRequest } from "fastify"
import { Type } from "typebox"
import { asError } from "../../errors.ts"
import { bodyChecker } from "../hooks/validation.ts"
import { inBlocks } from "../in-blocks.ts"
import { sentInTime } from "../patience.ts"
import { BodyError, RequestError } from "../problem.ts"
import { ExpiresAfter } from "./batch-schemas.ts"
import type { Files, StoredFile, WrittenParts } from "./files.ts"

/** Longer names are cut. */
const maxNameLength = 255

/** The fields of an upload besides its file. */
const UploadFields = Type.Object(
  {
    purpose: Type.Unsafe<"batch">({ type: "string", enum: ["batch"] }),
    expires_after: Type.Optional(ExpiresAfter),
  },
  { additionalProperties: false },
)
const checkFields = bodyChecker<{ readonly purpose: "batch"; readonly expires_after?: ExpiresAfter }>(UploadFields)

/**
 * Stores the file of a form as it comes; its fields may stand before the file or after it.
 *
 * @param signal - ends it: the client is gone
 * @throws BodyError if the form has no file, or other fields than it must; RequestError 413 if the file is too large
 */
export async function storeUpload(
  files: Files,
  request: FastifyRequest,
  bodyTimeoutMs: number,
  signal: AbortSignal,
): Promise<StoredFile> {
  const fields: Record<string, unknown> = {}
  let file: (WrittenParts & { readonly filename: string }) | undefined
  try {
    for await (const part of asForm<Multipart>(sentInTime(request.parts(), bodyTimeoutMs))) {
      if (part.type === "field") addField(fields, part.fieldname, part.value)
      else if (part.fieldname !== "file" || file !== undefined)
        throw new BodyError([{ instancePath: `/${part.fieldname}`, message: "is not allowed: a form has one file" }])
      else {
        const filename = part.filename?.slice(0, maxNameLength) || "batch.jsonl"
        file = { ...(await files.write(asForm(sentInTime(inBlocks(part.file), bodyTimeoutMs)), signal)), filename }
      }
    }
    const { purpose, expires_after: expiresAfter } = checkFields(fields)
    files.requireKept("/expires_after/seconds", expiresAfter?.seconds)
    if (file === undefined) throw new BodyError([{ instancePath: "/file", message: "must be a file" }])
    const { filename, ...written } = file
    const about = { owner: request.keyName, filename, purpose }
    return await files.add(written, about, expiresAfter?.seconds)
  } catch (error) {
    // Redis may be away: then it goes by itself.
    if (file !== undefined) files.drop(file.id).catch(() => {})
    throw error
  }
}

/** Adds a field of a form; `expires_after[seconds]` is a member of `expires_after`, and a number. */
function addField(fields: Record<string, unknown>, name: string, value: unknown): void {
  const member = /^expires_after\[(.*)\]$/.exec(name)?.[1]
  if (member === undefined) fields[name] = value
  else {
    const number = member === "seconds" && typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value
    fields["expires_after"] = { ...(fields["expires_after"] as object | undefined), [member]: number }
  }
}

/** What is read of a form, whose parser does not say that it is the client's fault. */
async function* asForm<T>(parts: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* parts
  } catch (error) {
    if (Object.hasOwn(asError(error), "statusCode")) throw error
    throw new RequestError(400, `a body must be multipart/form-data; ${asError(error).message}`)
  }
}
