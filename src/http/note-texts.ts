import type { FastifyBaseLogger } from "fastify"
import type { ServerContext } from "./server-context.ts"

/** Counts texts that begin to be labelled until it is disposed, and writes them to the log if that is wanted. */
export function noteTexts(
  { metrics, settings }: ServerContext,
  log: FastifyBaseLogger,
  texts: readonly string[],
): Disposable {
  logTexts(settings, log, texts)
  return metrics.texts(texts.length)
}

/** Writes texts to the log if that is wanted: nothing else in the log holds any. */
export function logTexts(settings: ServerContext["settings"], log: FastifyBaseLogger, texts: readonly string[]): void {
  if (settings.logTexts && texts.length > 0) log.info({ texts }, "texts to be labelled")
}
