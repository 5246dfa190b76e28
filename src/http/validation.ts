import { Ajv } from "ajv"
import type { FastifySchemaCompiler } from "fastify"
import type { TSchema } from "typebox"

const common = { allErrors: false, useDefaults: true, strict: false } as const
/** A body has types of its own. */
const exact = new Ajv({ ...common, coerceTypes: false })
/** A query, a path and headers are text. */
const fromText = new Ajv({ ...common, coerceTypes: true })

/** Nothing is removed and no body is converted: what a schema does not know is an error. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const ajv = httpPart === "body" ? exact : fromText
  return ajv.compile(schema)
}
