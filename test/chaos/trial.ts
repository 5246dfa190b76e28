import type { ChaosCorpus } from "./corpus.ts"
import { type DisasterKind, disasters, TooLate } from "./disasters.ts"
import { judgeOutput } from "./judge-output.ts"
import { SeededRandom } from "./seeded-random.ts"
import { Stage } from "./stage.ts"

/** How a trial ended. */
export interface TrialResult {
  readonly kind: string
  readonly seed: number
  readonly rows: number
  readonly lost: number
  readonly doubled: number
  readonly deadLetters: number
  readonly leftActive: number
  /** Results that lie in Redis though the run has ended; they expire. */
  readonly leftResults: number
  readonly seconds: number
  /** What was not as it must be; empty where the trial was passed. */
  readonly problems: readonly string[]
  /** What the processes said, where there are problems. */
  readonly log: string
}

/** A run that takes so much longer hangs. */
const hangsMs = 60_000
/** Jobs of workers that are gone are back after a lock's time, and done soon after. */
const settleMs = 15_000

/**
 * Plays a trial.
 *
 * @returns `undefined` where the disaster came too late
 */
export async function runTrial(
  kind: DisasterKind,
  seed: number,
  corpus: ChaosCorpus,
): Promise<TrialResult | undefined> {
  const startedMs = performance.now()
  const random = new SeededRandom(seed)
  const disaster = disasters[kind]
  await using stage = await Stage.open(corpus, random)
  await Promise.all(Array.from({ length: disaster.workers }, () => stage.startWorker()))
  stage.startProducer()
  const problems: string[] = []
  try {
    problems.push(...(await disaster.strike(stage, random)))
  } catch (error) {
    if (error instanceof TooLate && (await endsWell(stage))) return undefined
    problems.push(String(error))
  }
  problems.push(...(await judgeEnd(stage)))
  const verdict = judgeOutput(stage.output, corpus.labelled, corpus.rows)
  if (!verdict.same) problems.push("the output must have the bytes of an undisturbed run; it has others")
  const contents = await stage.look.until(({ active, waiting }) => active + waiting === 0, settleMs)
  if (contents.active > 0) problems.push(`no job must be left at work; ${contents.active} are`)
  if (contents.deadLetters + contents.failed > 0) problems.push("no job must be dead; some are")
  if (contents.completed > 0 && !("leavesResults" in disaster))
    problems.push(`no result must be left; ${contents.completed} are`)
  problems.push(...(await stopWorkers(stage)))
  return {
    kind,
    seed,
    rows: corpus.rows,
    lost: verdict.lost,
    doubled: verdict.doubled,
    deadLetters: contents.deadLetters,
    leftActive: contents.active,
    leftResults: contents.completed,
    seconds: (performance.now() - startedMs) / 1000,
    problems,
    log: problems.length > 0 ? stage.log : "",
  }
}

/** Waits for the producer's end, though not for ever. */
async function judgeEnd({ producer }: Stage): Promise<string[]> {
  if (!producer) return ["there must be a producer; there is none"]
  const timer = setTimeout(() => producer.signal("SIGKILL"), hangsMs)
  const { code, signal } = await producer.exit
  clearTimeout(timer)
  return code === 0 ? [] : [`the producer must end with exit code 0; got ${signal ?? code}: ${producer.stderr}`]
}

async function endsWell(stage: Stage): Promise<boolean> {
  return (await judgeEnd(stage)).length === 0
}

/** Those that live must live to the end, and stop when they are asked to. */
async function stopWorkers({ workers }: Stage): Promise<string[]> {
  const living = workers.filter(({ runs }) => runs)
  for (const worker of living) worker.signal("SIGTERM")
  const exits = await Promise.all(living.map(({ exit }) => exit))
  const ended = workers.filter(({ runs }) => !runs)
  const crashed = await Promise.all(ended.map(({ exit }) => exit))
  return [
    ...exits.filter(({ code }) => code !== 0).map(({ code, signal }) => `a worker must stop; got ${signal ?? code}`),
    ...crashed.filter(({ code }) => code !== null && code !== 0).map(({ code }) => `a worker crashed: ${code}`),
  ]
}
