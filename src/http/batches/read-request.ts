import { asError, shown } from "../../errors.ts"
import { mostValues, requireFewValues } from "../hooks/require-few-values.ts"
import { bodyChecker } from "../hooks/validation.ts"
import { type LabelCall, labelCallOf, requireFewTexts } from "../label-call.ts"
import { type Problem, problemOf, RequestError } from "../problem.ts"
import { LabelRequest } from "../schemas.ts"
import type { ServerContext } from "../server-context.ts"
import type { InputLine } from "./batch-lines.ts"

/** The one route that a batch's lines may ask. */
export const batchEndpoint = "/v1/label"

/** Why a line has no answer. */
export interface LineError {
  readonly code: "invalid_line" | "duplicate_custom_id" | "batch_expired"
  readonly message: string
}

/** A line, and what to do with it. */
export interface BatchLine {
  readonly line: number
  readonly customId: string | null
  readonly todo:
    | { readonly call: LabelCall }
    /** The route would refuse its body. */
    | { readonly refused: Problem }
    /** It is no request to the route. */
    | { readonly error: LineError }
}

const checkBody = bodyChecker<LabelRequest>(LabelRequest)
const utf8 = new TextDecoder("utf-8", { fatal: true })

/** Reads the lines of one file, from its first on: `custom_id` must not come twice. */
export class RequestReader {
  readonly #serving: ServerContext
  readonly #mostValues: number
  readonly #seen = new Set<string>()

  constructor(serving: ServerContext) {
    this.#serving = serving
    this.#mostValues = mostValues(serving.settings.maxTexts)
  }

  /** What a line asks for; never throws. */
  read({ line, bytes, problem }: InputLine): BatchLine {
    const invalid = (rule: string, customId: string | null = null) =>
      failed(line, customId, "invalid_line", `line ${line} ${rule}`)
    if (problem !== undefined) return invalid(problem)
    const parsed = parseObject(bytes, this.#mostValues)
    if (typeof parsed === "string") return invalid(parsed)
    const { custom_id: customId, method, url, body } = parsed
    if (typeof customId !== "string" || customId === "" || customId.length > 512)
      return invalid(`must have a custom_id of 1 to 512 characters; got ${shown(customId)}`)
    if (this.#seen.has(customId))
      return failed(line, customId, "duplicate_custom_id", `line ${line} must have a custom_id of its own`)
    this.#seen.add(customId)
    if (method !== "POST") return invalid(`must have method "POST"; got ${shown(method)}`, customId)
    if (url !== batchEndpoint) return invalid(`must have url "${batchEndpoint}"; got ${shown(url)}`, customId)
    return { line, customId, todo: this.#todo(body) }
  }

  #todo(body: unknown): BatchLine["todo"] {
    const { settings } = this.#serving
    try {
      const call = labelCallOf(this.#serving, checkBody(body))
      requireFewTexts(call.texts, settings.maxTexts)
      return { call }
    } catch (error) {
      return { refused: problemOf(error) }
    }
  }
}

function failed(line: number, customId: string | null, code: LineError["code"], message: string): BatchLine {
  return { line, customId, todo: { error: { code, message } } }
}

function parseObject(bytes: Buffer, mostValues: number): Readonly<Record<string, unknown>> | string {
  try {
    requireFewValues(bytes, mostValues)
    const value: unknown = JSON.parse(utf8.decode(bytes))
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    return "must be a JSON object"
  } catch (error) {
    if (error instanceof RequestError) return `must have at most ${mostValues} values`
    return error instanceof SyntaxError ? `must be JSON: ${asError(error).message}` : "must be UTF-8"
  }
}
