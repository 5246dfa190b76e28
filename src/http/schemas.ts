import { type Static, type TOptional, type TSchema, type TUnsafe, Type } from "typebox"
import type { Declaration } from "../declaration.ts"
import { labelOptions } from "../options.ts"

/** A string enum. */
export function words<const W extends string>(words: readonly W[], description: string): TUnsafe<W> {
  return Type.Unsafe<W>({ type: "string", enum: [...words], description })
}

/** Schemas of options, none of which must be given, by their declarations. */
export function optionSchemas<D extends Readonly<Record<string, Declaration<unknown>>>>(declarations: D) {
  const schemas = Object.entries(declarations).map(([name, { help, json }]) => {
    const description = help.charAt(0).toUpperCase() + help.slice(1)
    return [name, Type.Optional(Type.Unsafe({ ...json, description }))]
  })
  return Object.fromEntries(schemas) as { [K in keyof D]: TOptional<TUnsafe<NonNullable<D[K]["default"]>>> }
}

const strict = { additionalProperties: false } as const
/** A schema's values, or null. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** What a request may give as null too; not a union, so that an error names one rule. */
export function orNull<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  const { type, enum: choices } = schema as { type?: string; enum?: unknown[] }
  return Type.Unsafe({ ...schema, type: [type, "null"], ...(choices && { enum: [...choices, null] }) })
}

/** For routes with all parameters in the body: one in the query would be ignored. */
export const NoQuery = Type.Object({}, strict)

/** One text, or many, and how they are labelled. */
export const LabelRequest = Type.Object(
  {
    text: Type.Optional(Type.String({ description: "One text; give either this or texts" })),
    texts: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: "Many texts, labelled in order" })),
    model: Type.Optional(Type.String({ minLength: 1, description: "One of GET /v1/models; default: the server's" })),
    ...optionSchemas(labelOptions),
  },
  {
    title: "LabelRequest",
    ...strict,
    examples: [{ text: "I love it" }, { texts: ["I love it", "Never again"], topK: "all" }],
  },
)
export type LabelRequest = Static<typeof LabelRequest>

/** A label with its score. */
export const LabelScoreSchema = Type.Object({ label: Type.String(), score: Type.Number() }, { title: "LabelScore" })

/** The result of one text: a label, or why there is none. */
export const TextResult = Type.Object(
  {
    label: Type.Optional(Type.String()),
    score: Type.Optional(Type.Number()),
    scores: Type.Optional(Type.Array(LabelScoreSchema, { description: "Best first; only if topK asked for it" })),
    tokens: Type.Optional(Type.Integer({ description: "Tokens that the model read, special tokens included" })),
    truncated: Type.Optional(Type.Boolean({ description: "Whether the text had more tokens than the model read" })),
    windows: Type.Optional(Type.Integer({ description: "The number of windows in which the model read the text" })),
    unfamiliar: Type.Optional(
      Type.Boolean({
        description: "true: the model hardly knows the characters or the language of the text; otherwise absent",
      }),
    ),
    words: Type.Optional(Type.Array(Type.String(), { description: "What a lexicon matched" })),
    error: Type.Optional(
      Type.Object({ code: Type.String(), message: Type.String() }, { description: "Why this text has no label" }),
    ),
  },
  { title: "TextResult" },
)

const modelName = { name: Type.String(), revision: Type.String(), dtype: Type.String() }

/** What a model is. */
export const ModelSchema = Type.Object(
  {
    ...modelName,
    labels: Type.Array(Type.String()),
    maxLength: nullable(Type.Integer({ description: "Tokens that a text may have; null if there is no limit" })),
  },
  { title: "Model" },
)

/** Results in the order of the texts. */
export const LabelResponse = Type.Object(
  { model: Type.Object(modelName), results: Type.Array(TextResult) },
  { title: "LabelResponse" },
)
export type LabelResponse = Static<typeof LabelResponse>

/** A model in the form of OpenAI. */
export const OpenAiModel = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal("model"),
    created: Type.Integer({ description: "When the server began; seconds since 1970" }),
    owned_by: Type.String(),
  },
  { title: "OpenAiModel" },
)

/** The default model, and all that a request may name. */
export const ModelList = Type.Object(
  {
    object: Type.Literal("list"),
    data: Type.Array(OpenAiModel),
    default: Type.String(),
    models: Type.Array(ModelSchema),
  },
  { title: "ModelList" },
)

/** RFC 9457. */
export const ProblemDetails = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: "Stable: what a program should look at" }),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { title: "ProblemDetails" },
)

/** The statuses that a route may answer besides its own, for the OpenAPI document. */
export function problems<const S extends number>(...statuses: readonly S[]): Record<S, TSchema> {
  const content = { "application/problem+json": { schema: ProblemDetails } }
  return Object.fromEntries(statuses.map(status => [status, { description: "A problem", content }])) as never
}
