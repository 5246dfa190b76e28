import { stderr } from "node:process"
import type { Telemetry } from "bullmq"
import { type Declaration, toggle } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import type { ClassifierEmitter } from "../events.ts"
import type { PullProgress } from "../hub/pull-progress.ts"
import type { Labeller } from "../labeller.ts"
import { openLabeller } from "../labellers/open-labeller.ts"
import { type ClassifierOptions, classifierOptions } from "../options.ts"
import { producerOptions } from "../producer/options.ts"
import { redisSecurityOptions } from "../queue/redis/redis-options.ts"
import { pickOptions } from "./declared-options.ts"
import { notice } from "./log.ts"
import { openPullDisplay } from "./show/pull-display.ts"

const { redis, ...rest } = {
  redis: {
    ...producerOptions.redis,
    default: undefined,
    help: `label with the workers on this Redis: ${producerOptions.redis.help}`,
  } as Declaration<string | undefined>,
  keyPrefix: producerOptions.keyPrefix,
  priority: producerOptions.priority,
  maxWaitingTexts: producerOptions.maxWaitingTexts,
  workerWaitMs: producerOptions.workerWaitMs,
  redisTimeoutMs: producerOptions.redisTimeoutMs,
  ...redisSecurityOptions,
} as const

/** Where a server's texts are labelled by workers instead of by this process, and how they get there. */
export const serverFleetOptions = { redis, ...rest } as const

const { env: variable = "", ...redisFlag } = redis

/** The same for a file. A machine that has the variable for its workers may still label a file in its own process. */
export const fleetOptions = {
  redis: redisFlag as typeof redis,
  fleet: toggle({ help: `as --redis with the URL in ${variable}, which keeps a password off the command line` }),
  ...rest,
} as const

/** Who is notified of a labeller, and who ends the pull of its model. */
export interface Opening {
  readonly events?: ClassifierEmitter
  readonly signal?: AbortSignal
  readonly telemetry?: Telemetry | undefined
  /** Gets a line when a fleet's Redis is not well, and when it is again; default: the log, or standard error. */
  readonly onNotice?: (line: string) => void
}

/**
 * The labeller that `--model` names: a lexicon, or a checkpoint's classifier. Shows how a model is pulled, and says where
 * `auto` found no GPU.
 *
 * @throws ValenceError `aborted` if the signal ends a pull
 */
export async function openShownLabeller(
  options: ClassifierOptions,
  { events, signal }: Opening = {},
): Promise<Labeller> {
  using display = openPullDisplay(options.model ?? classifierOptions.model.default, stderr, notice)
  const onPull = (progress: PullProgress) => display.show(progress)
  const labeller = await openLabeller({ ...options, events, onPull, signal })
  if (labeller.fellBack !== undefined) notice(labeller.fellBack)
  return labeller
}

/** Options for large work, where two or three seconds of measuring are well spent, unless they say no. */
export function withTuning<O extends Pick<ClassifierOptions, "tune">>(options: O): O {
  return options.tune === "auto" ? { ...options, tune: "measure" } : options
}

/**
 * The fleet that `--redis` names, or else the labeller that `--model` names.
 *
 * @param isLong - whether measuring the devices is worth it
 * @param untilWorker - what texts do if no worker lives
 * @throws ValenceError `aborted` if the signal ends the wait for a pull, a Redis or a worker
 */
export async function openLabellerOrFleet(
  given: Readonly<Record<string, unknown>>,
  {
    isLong,
    onNotice = notice,
    untilWorker = "wait",
    ...opening
  }: Opening & { readonly isLong: boolean; readonly untilWorker?: "wait" | "are refused" },
): Promise<Labeller> {
  const { redis, ...fleet } = pickOptions({ ...serverFleetOptions, whenFull: producerOptions.whenFull }, given)
  if (redis === undefined) {
    const options = pickOptions(classifierOptions, given)
    return openShownLabeller(isLong ? withTuning(options) : options, opening)
  }
  const { createProducer } = await import("../producer/create-producer.ts")
  const { signal, telemetry } = opening
  const producer = await createProducer({ ...fleet, redis, onNotice, signal, telemetry }).catch((error: unknown) => {
    throw signal?.aborted ? new ValenceError("aborted", "it was stopped before it was ready") : error
  })
  if ((await producer.workers()).length === 0)
    notice(`no worker listens now: texts ${untilWorker} until one is started with valence work`)
  return producer
}
