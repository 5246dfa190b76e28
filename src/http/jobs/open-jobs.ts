import type { FastifyBaseLogger } from "fastify"
import type { ServerContext } from "../server-context.ts"
import { fleetsOf } from "../server-inputs.ts"
import type { FleetJobs } from "./job-routes.ts"
import { Jobs } from "./jobs.ts"
import { type DeliveryOutcome, Webhooks } from "./webhooks.ts"

/** How long a receiver may take to answer. */
const webhookTimeoutMs = 10_000

/**
 * What the routes of jobs work with, for each fleet, the default one first.
 *
 * @throws ValenceError `option_invalid` for a secret that is too short
 */
export function openJobs(
  { settings, ...inputs }: Pick<ServerContext, "producer" | "others" | "settings">,
  log: FastifyBaseLogger,
  onDelivery: (outcome: DeliveryOutcome) => void,
): FleetJobs[] {
  const { webhookSecret: secret, allowPrivateWebhooks: allowPrivate } = settings
  return fleetsOf(inputs).map(fleet => {
    const jobs = new Jobs(fleet, settings.maxTexts)
    const delivery = { allowPrivate, timeoutMs: webhookTimeoutMs, log, onOutcome: onDelivery }
    const webhooks = secret === undefined ? undefined : new Webhooks(fleet, jobs, { secret, ...delivery })
    return { model: fleet.model.name, jobs, webhooks }
  })
}
