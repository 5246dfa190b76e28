import type { Advance } from "./batch-store.ts"
import type { LineAnswer } from "./label-lines.ts"

/** The lines of the output file and of the error file that answers become. The same answers are the same bytes on every server. */
export function writeAnswers(batchId: string, answers: readonly LineAnswer[]): Advance {
  const [output, error]: [string[], string[]] = [[], []]
  for (const answer of answers)
    ("response" in answer ? output : error).push(`${JSON.stringify(lineOf(batchId, answer))}\n`)
  return {
    lines: answers.length,
    completed: output.length,
    failed: error.length,
    output: output.join(""),
    error: error.join(""),
  }
}

function lineOf(batchId: string, answer: LineAnswer) {
  const { line, customId } = answer
  const id = `${batchId.replace("batch_", "batch_req_")}_${line}`
  const named = { id, custom_id: customId }
  if ("error" in answer) return { ...named, response: null, error: { ...answer.error, line } }
  const [status, body] =
    "response" in answer ? [200, answer.response] : [answer.refused.status, { ...answer.refused, requestId: id }]
  return { ...named, response: { status_code: status, request_id: id, body }, error: null }
}
