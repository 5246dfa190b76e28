import { type TSchema, type TUnsafe, Type } from "typebox"
import type { Declaration } from "../../declaration.ts"

/** A query's part of some options, for the OpenAPI document; the declarations themselves check the values. */
export function querySchema(
  declarations: Readonly<Record<string, Declaration<unknown>>>,
): TUnsafe<Record<string, string>> {
  const properties = Object.entries(declarations).map(([name, { help, choices }]) => {
    const schema = { type: "string", description: help, ...(choices && { enum: choices }) }
    return [name, Type.Unsafe(schema)] as const
  })
  const schema: TSchema = {
    type: "object",
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  }
  return Type.Unsafe(schema)
}
