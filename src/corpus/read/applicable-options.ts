import type { Complete } from "../../declaration.ts"
import { shown, ValenceError } from "../../errors.ts"
import type { InputFormat } from "../formats.ts"
import { type CorpusOptions, readOptions } from "../options.ts"

const ofDelimited = ["delimiter", "quotes", "escape", "header"] as const
const ofLines = ["skipLines"] as const

/** The options that say nothing about a format. */
function uselessFor(format: InputFormat | undefined): readonly (keyof typeof readOptions)[] {
  if (format === "csv" || format === "tsv" || format === undefined) return []
  return format === "parquet" ? [...ofDelimited, ...ofLines] : ofDelimited
}

/**
 * Refuses options that would have no effect.
 *
 * @throws ValenceError `option_invalid`
 */
export function requireApplicable(format: InputFormat, options: Complete<typeof readOptions>): void {
  const useless = uselessFor(format).find(name => options[name] !== readOptions[name].default)
  if (useless !== undefined)
    throw new ValenceError(
      "option_invalid",
      `${useless} must be left out for an input of format ${format}; got ${shown(options[useless])}`,
    )
}

/** Options for one of several files: those that are for the others' formats are left out. */
export function applicableTo(format: InputFormat | undefined, options: CorpusOptions): CorpusOptions {
  const useless = new Set<string>([...uselessFor(format), ...(format === "text" ? ["column"] : [])])
  return Object.fromEntries(Object.entries(options).filter(([name]) => !useless.has(name)))
}
