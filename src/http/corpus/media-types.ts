import { encodings, findEncoding, type TextEncoding } from "../../corpus/encoding/encodings.ts"
import type { InputFormat, OutputFormat } from "../../corpus/formats.ts"
import { RequestError } from "../problem.ts"

/** The media types that a corpus comes in, and what it is then. */
const formatByType: Readonly<Record<string, InputFormat>> = {
  "text/csv": "csv",
  "text/tab-separated-values": "tsv",
  "application/jsonl": "jsonl",
  "application/x-ndjson": "jsonl",
  "text/plain": "text",
}

/** The media types that a corpus may come in. */
export const corpusTypes = Object.keys(formatByType)

/** A labelled corpus, as it is answered. */
export interface AnswerType {
  readonly format: OutputFormat
  readonly type: string
}

/**
 * The format of a body, by its `Content-Type`.
 *
 * @throws RequestError 415
 */
export function formatOf(contentType = ""): { readonly format: InputFormat; readonly type: string } {
  const type = bare(contentType)
  const format = formatByType[type]
  if (format !== undefined) return { format, type }
  throw typeRefusal(contentType)
}

/**
 * The encoding of a body, by the charset of its `Content-Type`; UTF-8 if that has none.
 *
 * @throws RequestError 415
 */
export function encodingOf(contentType = ""): TextEncoding {
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1] ?? "utf-8"
  const encoding = findEncoding(charset)
  if (encoding !== undefined) return encoding
  throw new RequestError(415, `charset must be one of ${encodings.join(", ")}; got ${charset}`)
}

/** The type that a body most likely has; "" if nothing says it. */
function likelyType(contentType: string): string {
  const type = bare(contentType)
  if (/json/.test(type)) return ": send JSON Lines, or an array of objects, as application/jsonl"
  if (/csv/.test(type)) return ": send CSV as text/csv"
  if (/parquet/.test(type)) return ": label a Parquet file with valence label"
  if (/g?zip|zstd/.test(type))
    return ": name the type of the corpus in it; gzip and Zstandard are recognised by their first bytes"
  return ""
}

/** Why a body is no corpus whose `Content-Type` is another. */
export function typeRefusal(contentType = ""): RequestError {
  return new RequestError(
    415,
    `Content-Type must be one of ${corpusTypes.join(", ")}; got ${bare(contentType) || "none"}${likelyType(contentType)}`,
  )
}

/**
 * What is answered: the first type of `Accept` that a labelled corpus can have, and without a wish the type of the body; CSV for plain
 * text, which has no place for a label.
 *
 * @throws RequestError 406
 */
export function answerType(contentType: string | undefined, accept = "*/*"): AnswerType {
  const body = formatOf(contentType)
  const like: AnswerType =
    body.format === "text" ? { format: "csv", type: "text/csv" } : { ...body, format: body.format }
  for (const wish of accept.split(",")) {
    const wished = bare(wish)
    if (
      wished === "*/*" ||
      wished === like.type ||
      (wished.endsWith("/*") && like.type.startsWith(wished.slice(0, -1)))
    )
      return like
    const format = formatByType[wished]
    if (format !== undefined && format !== "text") return { format, type: wished }
  }
  const types = corpusTypes.filter(type => formatByType[type] !== "text").join(", ")
  throw new RequestError(406, `Accept must have one of ${types}; got ${accept}`)
}

const bare = (type: string) => type.split(";")[0]?.trim().toLowerCase() ?? ""
