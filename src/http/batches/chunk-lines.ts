import type { InputLine } from "./batch-lines.ts"
import type { BatchLine, RequestReader } from "./read-request.ts"

/** A chunk ends at this number of lines, texts or bytes. About a job's worth, and what a server that dies leaves to be done again. */
const most = { lines: 256, texts: 256, bytes: 1024 * 1024 } as const

/** Lines of a batch that are labelled, and whose answers are stored, together. */
export interface LineChunk {
  /** Lines of the batch before its first. */
  readonly done: number
  readonly requests: readonly BatchLine[]
}

/**
 * Cuts lines into chunks. Where a cut is depends on the lines alone, and on where the first begins: a batch that continues is cut as if
 * nothing had happened.
 *
 * @param skip - lines that are answered
 */
export async function* chunkLines(
  lines: AsyncIterable<InputLine>,
  reader: RequestReader,
  skip: number,
): AsyncGenerator<LineChunk> {
  let [requests, texts, bytes, read]: [BatchLine[], number, number, number] = [[], 0, 0, 0]
  for await (const line of lines) {
    // Those that are answered are read for their custom ids.
    const request = reader.read(line)
    read += 1
    if (read <= skip) continue
    requests.push(request)
    bytes += line.bytes.length
    if ("call" in request.todo) texts += request.todo.call.texts.length
    if (requests.length < most.lines && texts < most.texts && bytes < most.bytes) continue
    yield { done: read - requests.length, requests }
    ;[requests, texts, bytes] = [[], 0, 0]
  }
  if (requests.length > 0) yield { done: read - requests.length, requests }
}
