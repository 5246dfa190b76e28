import { createClassifier } from "../classifier/classifier.ts"
import type { Complete, Declaration } from "../declaration.ts"
import type { ClassifierEmitter } from "../events.ts"
import { pullIfMissing } from "../hub/pull-model.ts"
import type { Labeller } from "../labeller.ts"
import { isLexicon } from "../lexicon/find-lexicon.ts"
import { createLexiconLabeller } from "../lexicon/lexicon-labeller.ts"
import { dtypeOn } from "../model/dtype.ts"
import { classifierOptions } from "../options.ts"
import { producerOptions } from "../producer/options.ts"
import { pickOptions } from "./declared-options.ts"
import { openPullDisplay } from "./pull-display.ts"

// A flag alone: whoever has set the environment for workers may still label a file in this process.
const { env: _, ...redis } = producerOptions.redis

/** Where texts are labelled by workers instead of by this process, and how they get there. */
export const fleetOptions = {
  redis: {
    ...redis,
    default: undefined,
    help: `let the workers that listen on this Redis label: ${redis.help}`,
  } as Declaration<string | undefined>,
  keyPrefix: producerOptions.keyPrefix,
  priority: producerOptions.priority,
  maxWaitingTexts: producerOptions.maxWaitingTexts,
  workerWaitMs: producerOptions.workerWaitMs,
} as const

/** The labeller that `--model` names: a lexicon, or a checkpoint's classifier; what lies on the hub alone is pulled first. */
export async function openLabeller(
  options: Complete<typeof classifierOptions>,
  events?: ClassifierEmitter,
): Promise<Labeller> {
  const { model, device, offline } = options
  if (isLexicon(model)) return createLexiconLabeller({ model })
  using display = openPullDisplay(model, process.stderr)
  await pullIfMissing({ model, dtype: dtypeOn(device, options.dtype), offline }, progress => display.show(progress))
  return createClassifier(options, events)
}

/** The fleet that `--redis` names, or else the labeller that `--model` names. */
export async function openLabellerOrFleet(
  given: Readonly<Record<string, unknown>>,
  events?: ClassifierEmitter,
): Promise<Labeller> {
  const { redis, ...fleet } = pickOptions({ ...fleetOptions, whenFull: producerOptions.whenFull }, given)
  if (redis === undefined) return openLabeller(pickOptions(classifierOptions, given), events)
  const { createProducer } = await import("../producer/create-producer.ts")
  const producer = await createProducer({ ...fleet, redis })
  if ((await producer.workers()).length === 0)
    process.stderr.write("no worker listens now: texts wait until one is started with valence work\n")
  return producer
}
