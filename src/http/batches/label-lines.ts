import { isErrorCode, ValenceError } from "../../errors.ts"
import type { LabelledText, Labeller, LabelOptions } from "../../labeller.ts"
import { type LabelCall, labelAnswerOf } from "../label-call.ts"
import { type Problem, problemOf } from "../problem.ts"
import type { LabelResponse } from "../schemas.ts"
import type { BatchLine, LineError } from "./read-request.ts"

/** What a line is answered. */
export type LineAnswer =
  | { readonly line: number; readonly customId: string | null; readonly response: LabelResponse }
  | { readonly line: number; readonly customId: string | null; readonly refused: Problem }
  | { readonly line: number; readonly customId: string | null; readonly error: LineError }

/** Calls of lines that are labelled in one. */
interface Group {
  readonly labeller: Labeller
  readonly options: LabelOptions
  readonly calls: LabelCall[]
}

/** Gives the results of texts, or throws what keeps a labeller from labelling any. */
export type LabelGroup = (
  labeller: Labeller,
  texts: readonly string[],
  options: LabelOptions,
  group: number,
) => Promise<readonly LabelledText[]>

/**
 * Answers lines. Those that want the same are labelled in one call: a job of many texts costs a fleet as much as one of one text.
 *
 * @throws what is no fault of the texts: the batch is to continue later
 */
export async function labelLines(requests: readonly BatchLine[], label: LabelGroup): Promise<LineAnswer[]> {
  const calls = requests.flatMap(({ todo }) => ("call" in todo ? [todo.call] : []))
  const outcomes = new Map<LabelCall, readonly LabelledText[] | Problem>()
  const labelled = groupsOf(calls).map(async ({ labeller, options, calls }, index) => {
    try {
      const texts = calls.flatMap(call => call.texts)
      const results = (await label(labeller, texts, options, index))[Symbol.iterator]()
      for (const call of calls)
        outcomes.set(
          call,
          Array.from(call.texts, () => results.next().value as LabelledText),
        )
    } catch (error) {
      if (!isOfTexts(error)) throw error
      for (const call of calls) outcomes.set(call, problemOf(error))
    }
  })
  await Promise.all(labelled)
  return requests.map(({ line, customId, todo }) => {
    if (!("call" in todo)) return { line, customId, ...todo }
    return { line, customId, ...answerOf(todo.call, outcomes.get(todo.call) ?? []) }
  })
}

/** In the order in which the first of each comes: a batch that continues has the same. */
function groupsOf(calls: readonly LabelCall[]): Group[] {
  const groups = new Map<string, Group>()
  for (const call of calls) {
    const { topK, labels, scoreFunction, maxLength, longText, stride, empty, pooling } = call.options
    const options = { topK, labels, scoreFunction, maxLength, longText, stride, empty, pooling }
    const key = JSON.stringify([call.labeller.model.name, ...Object.values(options)])
    const group: Group = groups.get(key) ?? { labeller: call.labeller, options, calls: [] }
    groups.set(key, group)
    group.calls.push(call)
  }
  return [...groups.values()]
}

function answerOf(call: LabelCall, outcome: readonly LabelledText[] | Problem) {
  if (!isResults(outcome)) return { refused: outcome }
  try {
    return { response: labelAnswerOf(call, outcome) }
  } catch (error) {
    return { refused: problemOf(error) }
  }
}

const isResults = (outcome: readonly LabelledText[] | Problem): outcome is readonly LabelledText[] =>
  Array.isArray(outcome)

/** What may pass, and says nothing of texts. */
const passing = new Set([
  "redis_failed",
  "redis_invalid",
  "no_worker",
  "model_changed",
  "closed",
  "aborted",
  "cancelled",
])

/** Whether texts were refused, or a job was tried often enough. */
function isOfTexts(error: unknown): boolean {
  return error instanceof ValenceError && isErrorCode(error.code) && !passing.has(error.code)
}
