import type { FastifyReply } from "fastify"
import { textProblem } from "../check-text.ts"
import type { Labelled, LabelledText, Labeller, LabelOptions } from "../labeller.ts"
import type { Admission, Admitted } from "./hooks/admission.ts"
import { requireFewTexts, requireLabels, requireNoErrors } from "./label-call.ts"
import { noteTexts } from "./note-texts.ts"
import { requestSignal } from "./request-signal.ts"
import type { ServerContext } from "./server-context.ts"
import { serverTiming } from "./server-timing.ts"

/**
 * Labels the texts of a request: they are let in or refused at once, dropped if the client goes, and the answer shows
 * how long they waited for what.
 *
 * @param before - what is done when they are let in, before they are labelled
 * @throws RequestError 413 for too many texts; ValenceError `overloaded`, `no_worker` and what `label()` throws
 */
export async function callLabeller(
  serving: ServerContext,
  labeller: Labeller,
  texts: readonly string[],
  options: LabelOptions,
  reply: FastifyReply,
  before: () => Promise<void> = async () => {},
): Promise<LabelledText[]> {
  const { settings } = serving
  requireFewTexts(texts, settings.maxTexts)
  await serving.requireWorkers(labeller)
  using admitted = letIn(serving.admissionOf(labeller), texts, reply)
  using _ = noteTexts(serving, reply.log, texts)
  using stop = requestSignal(reply, settings.answerTimeoutMs)
  const timing = serverTiming()
  try {
    await before()
    const results = await labeller.label(texts, { ...options, signal: stop.signal, onTimings: timing.add })
    admitted.labelled()
    reply.header("server-timing", timing.header())
    return results
  } catch (error) {
    // Why it was stopped says more than that it was.
    throw stop.signal.aborted ? stop.signal.reason : error
  }
}

/**
 * The same for answers that have no place for a text's own error: the first is the answer's. No text is labelled if
 * another is blank, or is too long for options that refuse long texts, as far as the labeller can tell before.
 *
 * @throws ValenceError also why the first text that has no label has none
 */
export async function labelAll(
  serving: ServerContext,
  labeller: Labeller,
  texts: readonly string[],
  options: LabelOptions,
  reply: FastifyReply,
): Promise<readonly Labelled[]> {
  const check = async () => {
    requireNoErrors(texts.map(text => ({ error: textProblem(text, "error") })))
    if (options.longText === "error" && texts.length > 1)
      requireNoErrors((await labeller.check?.(texts, options)) ?? [])
  }
  return requireLabels(await callLabeller(serving, labeller, texts, options, reply, check))
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
