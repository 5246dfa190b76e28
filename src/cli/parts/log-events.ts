import type { Logger } from "pino"
import type { WorkerEmitter, WorkerEvents } from "../../events.ts"
import { queueOf } from "../../queue/jobs/names.ts"
import { describeTrouble } from "../../queue/redis/refusal.ts"

/** Writes what a worker reports to the log: one line for each event that an operator needs, one at level debug for each job. */
export function logEvents(events: WorkerEmitter, log: Logger): void {
  events.on("redisAway", trouble =>
    log.warn(
      { event: "redis_away", refuses: trouble.refuses, err: trouble.error },
      `${describeTrouble(trouble)}; trying again`,
    ),
  )
  events.on("redisBack", ({ awayMs }) =>
    log.info({ event: "redis_back", awayMs }, `redis is back after ${(awayMs / 1000).toFixed(1)} s`),
  )
  events.on("outOfMemory", facts =>
    log.warn(
      { event: "out_of_memory", ...facts },
      `${facts.device} had no memory for a micro-batch of ${facts.paddedTokens} tokens; its token budget is ${facts.maxBatchTokens} now`,
    ),
  )
  events.on("deviceRestarted", () => log.warn({ event: "device_restarted" }, "a device was started again"))
  events.on("devicesLost", ({ error }) =>
    log.error({ event: "devices_lost", err: error }, `no device is left: ${error.message}`),
  )
  events.on("stalled", ({ lane }) =>
    log.warn({ event: "stalled", lane }, `${lane}: a job whose worker died, or froze, went back to the queue`),
  )
  events.on("job", job => logJob(job, log))
  events.on("bullmqError", ({ lane, error }) =>
    log.debug({ event: "bullmq_error", lane, err: error }, `${lane}: BullMQ reports an error`),
  )
}

function logJob(job: WorkerEvents["job"][0], log: Logger): void {
  const { lane, id, outcome, texts, error, queueSeconds, labelSeconds } = job
  const code = error?.code
  const facts = { event: "job", ...job, error: code }
  const name = `job ${queueOf[lane]}.${id}`
  const why = code === undefined ? "" : ` (${code})`
  if (outcome === "dead") log.warn(facts, `${name} is a dead letter now${why}`)
  else if (outcome === "lost") log.warn(facts, `${name} was taken by another worker: its lock was lost`)
  else {
    const times = `waited ${queueSeconds.toFixed(3)} s, labelled in ${labelSeconds.toFixed(3)} s`
    log.debug(facts, `${name} ${outcome.replace("_", " ")}${why}: ${texts} texts, ${times}`)
  }
}
