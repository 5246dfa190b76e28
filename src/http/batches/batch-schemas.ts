import { type Static, Type } from "typebox"
import { nullable, words } from "../schemas.ts"

const seconds = (description: string) => Type.Integer({ description: `${description}; seconds since 1970` })
const maybeSeconds = nullable(Type.Integer())

/** How long a file is kept, as OpenAI's clients say it. */
export const ExpiresAfter = Type.Object(
  {
    anchor: words(["created_at"], "From when the time counts"),
    seconds: Type.Integer({
      minimum: 3600,
      maximum: 2_592_000,
      description: "At most what the server keeps files for (keepFileSeconds)",
    }),
  },
  { title: "ExpiresAfter", additionalProperties: false },
)
export type ExpiresAfter = Static<typeof ExpiresAfter>

/** A file, as OpenAI shows one. */
export const FileObject = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal("file"),
    bytes: Type.Integer(),
    created_at: seconds("When it came"),
    expires_at: seconds("When it is kept no longer"),
    filename: Type.String(),
    purpose: words(["batch", "batch_output"], "What it is for"),
    status: Type.Literal("processed"),
  },
  { title: "File" },
)

/** A file that was removed. */
export const FileDeleted = Type.Object(
  { id: Type.String(), object: Type.Literal("file"), deleted: Type.Boolean() },
  { title: "FileDeleted" },
)

/** An upload; a form is checked as it comes. */
export const FileForm = Type.Object(
  {
    file: Type.String({ format: "binary", description: "JSON Lines" }),
    purpose: words(["batch"], "What it is for"),
    "expires_after[anchor]": Type.Optional(words(["created_at"], "From when the time that it is kept counts")),
    "expires_after[seconds]": Type.Optional(Type.Integer({ minimum: 3600, maximum: 2_592_000 })),
  },
  { additionalProperties: false },
)

/** A batch in the API. */
export const BatchForm = Type.Object(
  {
    input_file_id: Type.String({ maxLength: 100 }),
    endpoint: words(["/v1/label"], "The route that the lines ask"),
    completion_window: words(["24h"], "What is not labelled by then is not labelled"),
    output_expires_after: Type.Optional(ExpiresAfter),
    metadata: Type.Optional(
      Type.Unsafe<Record<string, string> | null>({
        type: ["object", "null"],
        additionalProperties: { type: "string", maxLength: 512 },
        propertyNames: { maxLength: 64 },
        maxProperties: 16,
        description: "Returned unchanged",
      }),
    ),
  },
  {
    title: "BatchRequest",
    additionalProperties: false,
    examples: [{ input_file_id: "file-1f…", endpoint: "/v1/label", completion_window: "24h" }],
  },
)

const BatchError = Type.Object(
  {
    code: Type.String(),
    message: Type.String(),
    param: Type.Null(),
    line: Type.Null(),
  },
  { title: "BatchError" },
)

/** A batch, as OpenAI shows one. */
export const BatchObject = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal("batch"),
    endpoint: Type.String(),
    errors: nullable(Type.Object({ object: Type.Literal("list"), data: Type.Array(BatchError) })),
    input_file_id: Type.String(),
    completion_window: Type.String(),
    status: words(
      ["validating", "in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled"],
      "The state",
    ),
    output_file_id: nullable(Type.String({ description: "Lines that were answered with 200, in the input's order" })),
    error_file_id: nullable(Type.String({ description: "The others, in the input's order" })),
    created_at: seconds("When it was made"),
    in_progress_at: maybeSeconds,
    expires_at: seconds("When its completion window is over"),
    finalizing_at: maybeSeconds,
    completed_at: maybeSeconds,
    failed_at: maybeSeconds,
    expired_at: maybeSeconds,
    cancelling_at: maybeSeconds,
    cancelled_at: maybeSeconds,
    request_counts: Type.Object({ total: Type.Integer(), completed: Type.Integer(), failed: Type.Integer() }),
    metadata: nullable(Type.Record(Type.String(), Type.String())),
  },
  { title: "Batch" },
)

const listOf = <T extends typeof FileObject | typeof BatchObject>(item: T) =>
  Type.Object({
    object: Type.Literal("list"),
    data: Type.Array(item),
    first_id: nullable(Type.String()),
    last_id: nullable(Type.String()),
    has_more: Type.Boolean(),
  })
export const FileList = listOf(FileObject)
export const BatchList = listOf(BatchObject)

const after = Type.Optional(Type.String({ maxLength: 100, description: "The id before the first" }))
const strict = { additionalProperties: false } as const

/** Which files are listed. */
export const FileQuery = Type.Object(
  {
    after,
    limit: Type.Integer({ minimum: 1, maximum: 10_000, default: 10_000 }),
    order: Type.Unsafe<"asc" | "desc">({ type: "string", enum: ["asc", "desc"], default: "desc" }),
    purpose: Type.Optional(Type.String()),
  },
  strict,
)

/** Which batches are listed. */
export const BatchQuery = Type.Object({ after, limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }) }, strict)

/** What fails, as OpenAI answers it. */
export const OpenAiFailure = Type.Object(
  {
    error: Type.Object({
      message: Type.String(),
      type: Type.String(),
      param: nullable(Type.String()),
      code: nullable(Type.String()),
    }),
  },
  { title: "OpenAiFailure" },
)
