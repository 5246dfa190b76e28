import { Type } from "typebox"
import { addOptions } from "../../producer/options.ts"
import { LabelRequest, LabelResponse, TextResult } from "../schemas.ts"

const { priority, deadlineMs } = addOptions

/** Texts that are labelled later. */
export const JobRequest = Type.Object(
  {
    ...LabelRequest.properties,
    priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_097_152, description: priority.help })),
    deadlineMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 40, description: deadlineMs.help })),
    webhook: Type.Optional(
      Type.Object(
        { url: Type.String({ maxLength: 2048, description: "Is posted the job when it has ended, signed" }) },
        { additionalProperties: false },
      ),
    ),
  },
  { title: "JobRequest", additionalProperties: false, examples: [{ texts: ["I love it", "Never again"] }] },
)

/** A job, and its results if it is completed. */
export const JobResourceSchema = Type.Object(
  {
    id: Type.String(),
    state: Type.Unsafe<"waiting" | "active" | "completed" | "failed" | "cancelled">({
      type: "string",
      enum: ["waiting", "active", "completed", "failed", "cancelled"],
    }),
    model: Type.Optional(LabelResponse.properties.model),
    results: Type.Optional(Type.Array(TextResult, { description: "In the order of the texts" })),
    timings: Type.Optional(Type.Object({ queueMs: Type.Number(), labelMs: Type.Number() })),
    error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  },
  { title: "Job" },
)
