import type { FastifyBaseLogger } from "fastify"
import type { ServerContext } from "../server-context.ts"
import type { JobServices } from "./job-routes.ts"
import { Jobs } from "./jobs.ts"
import { type DeliveryOutcome, Webhooks } from "./webhooks.ts"

/** A receiver may take so long to answer. */
const webhookTimeoutMs = 10_000

/**
 * What the routes of jobs work with; `undefined` without a fleet.
 *
 * @throws ValenceError `option_invalid` for a secret that is too short
 */
export function openJobs(
  { producer, settings }: Pick<ServerContext, "producer" | "settings">,
  log: FastifyBaseLogger,
  onDelivery: (outcome: DeliveryOutcome) => void,
): JobServices | undefined {
  if (!producer) return undefined
  const jobs = new Jobs(producer, settings.maxTexts)
  const { webhookSecret: secret, allowPrivateWebhooks: allowPrivate } = settings
  const webhooks =
    secret === undefined
      ? undefined
      : new Webhooks(producer, jobs, { secret, allowPrivate, timeoutMs: webhookTimeoutMs, log, onOutcome: onDelivery })
  return { jobs, webhooks }
}
