import type { FastifyReply } from "fastify"
import type { LabelledText, Labeller, LabelOptions } from "../labeller.ts"
import type { Admission, Admitted } from "./admission.ts"
import { requireFewTexts } from "./label-call.ts"
import { noteTexts } from "./note-texts.ts"
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
  serving: Serving,
  labeller: Labeller,
  texts: readonly string[],
  options: LabelOptions,
  reply: FastifyReply,
): Promise<LabelledText[]> {
  const { settings } = serving
  requireFewTexts(texts, settings.maxTexts)
  using admitted = letIn(serving.admissionOf(labeller), texts, reply)
  using _ = noteTexts(serving, reply.log, texts)
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

/** @throws ValenceError `overloaded`; the answer says when to come again */
function letIn(admission: Admission, texts: readonly string[], reply: FastifyReply): Admitted {
  try {
    return admission.enter(texts)
  } catch (error) {
    reply.header("retry-after", admission.retryAfterSeconds)
    throw error
  }
}
