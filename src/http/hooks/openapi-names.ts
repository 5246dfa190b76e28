/** A part of an OpenAPI document. */
type Json = null | boolean | number | string | Json[] | { [name: string]: Json | undefined }

/** The parts of a document that are changed here. */
interface Document {
  paths?: object
  components?: object
}

/**
 * Moves each schema with a title to `components.schemas`, under its title, and refers to it: generated clients then have
 * one class with that name, instead of one for each place.
 *
 * @throws Error if two schemas that differ have one title
 */
export function nameSchemas<D extends Document>(document: D): D {
  const schemas: Record<string, Json> = {}
  const moved = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.map(each => moved(each) ?? null)
    if (typeof value !== "object" || value === null) return value
    const copy = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, moved(each)]))
    const { title, type } = copy
    if (typeof title !== "string" || type !== "object") return copy
    const known = schemas[title]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(copy))
      throw new Error(`two schemas of the API have the title ${title}`)
    schemas[title] = copy
    return { $ref: `#/components/schemas/${title}` }
  }
  const paths = moved(document.paths as Json) as object
  return { ...document, paths, components: { ...document.components, schemas } }
}

/** Gives the rest of a path, `{*}`, a name: OpenAPI has no wildcards. */
export function nameWildcards<D extends Document>(document: D): D {
  const named = JSON.stringify(document.paths).replaceAll("{*}", "{id}").replaceAll('"name":"*"', '"name":"id"')
  return { ...document, paths: JSON.parse(named) as object }
}
