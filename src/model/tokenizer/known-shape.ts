import { asError, shown, ValenceError } from "../../errors.ts"
import { addedTokensProblem, modelProblem } from "./known-models.ts"
import { decoders, normalizers, postProcessors, preTokenizers } from "./known-parts.ts"
import { isPart, type KnownParts, type Part } from "./part.ts"

/** Longer sequences, and deeper ones, are no tokenizer that anyone trained. */
const MAX_PARTS = 32
const MAX_DEPTH = 4

/**
 * Refuses a tokenizer that is not put together from known parts within bounds. The library runs in this process, and some
 * tokenizers end it or never end: patterns that backtrack, replacements that grow, maps and lengths that lead nowhere.
 *
 * @param json - the text of `tokenizer.json`
 * @throws ValenceError `model_invalid`, naming file, part, rule and value
 */
export function requireKnownShape(json: string, file: string): void {
  const refuse = (problem: string, cause?: unknown) =>
    new ValenceError("model_invalid", `${file} must be a tokenizer.json; ${problem}`, { cause })
  let tokenizer: unknown
  try {
    tokenizer = JSON.parse(json)
  } catch (cause) {
    throw refuse(asError(cause).message, cause)
  }
  if (!isPart(tokenizer) || !isPart(tokenizer["model"])) throw refuse("its model must be an object")
  const problem =
    partProblem("normalizer", tokenizer["normalizer"], normalizers) ??
    partProblem("pre_tokenizer", tokenizer["pre_tokenizer"], preTokenizers) ??
    partProblem("post_processor", tokenizer["post_processor"], postProcessors) ??
    partProblem("decoder", tokenizer["decoder"], decoders) ??
    addedTokensProblem(tokenizer["added_tokens"]) ??
    modelProblem(tokenizer["model"])
  if (problem !== undefined) throw refuse(problem)
}

function partProblem(name: string, part: unknown, known: KnownParts, depth = 0): string | undefined {
  if (part == null) return undefined
  const type = isPart(part) ? part["type"] : undefined
  if (!isPart(part) || typeof type !== "string") return `its ${name} must be an object with a type; got ${typeof part}`
  if (type === "Sequence") return sequenceProblem(name, part, known, depth)
  const check = Object.hasOwn(known.checks, type) ? known.checks[type] : undefined
  if (check === undefined)
    return `its ${name} must be one of ${[...Object.keys(known.checks), "Sequence"].join(", ")}; got ${shown(type)}`
  const problem = check(part)
  return problem === undefined ? undefined : `its ${name} ${type} must ${problem}`
}

function sequenceProblem(name: string, part: Part, known: KnownParts, depth: number): string | undefined {
  const parts = part[known.list]
  if (!Array.isArray(parts) || parts.length > MAX_PARTS || depth === MAX_DEPTH)
    return `its ${name} must have sequences of at most ${MAX_PARTS} parts, ${MAX_DEPTH} deep at most`
  for (const one of parts) {
    const problem = partProblem(name, one, known, depth + 1)
    if (problem !== undefined) return problem
  }
  return undefined
}
