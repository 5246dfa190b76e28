import type { FastifyReply } from "fastify"
import type { LabelledText, Labeller, LabelOptions } from "../labeller.ts"
import { RequestError } from "./problem.ts"
import { requestSignal } from "./request-signal.ts"
import { serverTiming } from "./server-timing.ts"
import type { Serving } from "./serving.ts"

/**
 * Labels the texts of a request: they are let in or refused at once, dropped where the client goes, and the answer tells
 * how long they waited for what.
 *
 * @throws RequestError 413 for too many texts; ValenceError `overloaded` and what `label()` throws
 */
export async function callLabeller(
  { admission, settings }: Serving,
  labeller: Labeller,
  texts: readonly string[],
  options: LabelOptions,
  reply: FastifyReply,
): Promise<LabelledText[]> {
  requireFewTexts(texts, settings.maxTexts)
  using admitted = admission.enter(texts)
  using stop = requestSignal(reply, settings.answerTimeoutMs)
  const timing = serverTiming()
  try {
    const results = await labeller.label(texts, { ...options, signal: stop.signal, onTimings: timing.add })
    admitted.labelled()
    reply.header("server-timing", timing.header())
    return results
  } catch (error) {
    // Why it was stopped says more than that it was.
    throw stop.signal.aborted ? stop.signal.reason : error
  }
}

/** @throws RequestError 413 for more texts than a request may have */
export function requireFewTexts(texts: readonly string[], maxTexts: number): void {
  if (texts.length > maxTexts)
    throw new RequestError(413, `a request must have at most ${maxTexts} texts; got ${texts.length}`)
}
