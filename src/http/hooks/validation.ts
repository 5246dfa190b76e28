import { Ajv } from "ajv"
import type { FastifySchemaCompiler } from "fastify"
import type { TSchema } from "typebox"
import { BodyError } from "../problem.ts"

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

/**
 * What checks a body that is no request's own.
 *
 * @returns what gives the value, or throws a BodyError
 */
export function bodyChecker<T>(schema: TSchema): (value: unknown) => T {
  const validate = exact.compile(schema)
  return value => {
    if (validate(value)) return value as T
    throw new BodyError(validate.errors ?? [])
  }
}
