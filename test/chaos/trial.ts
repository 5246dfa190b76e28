import type { Disaster } from "./disaster.ts"
import { type DisasterKind, disasters } from "./disasters.ts"
import { judgeOutput } from "./judge-output.ts"
import { TooLate } from "./moments.ts"
import { SeededRandom } from "./seeded-random.ts"
import type { Stage } from "./stage.ts"

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
  /** The longest time without progress after Redis could serve again, if the kind has it watched. */
  readonly standstillMs?: number
  /** What was not as it must be; empty where the trial was passed. */
  readonly problems: readonly string[]
  /** What the processes said, where there are problems. */
  readonly log: string
}

/** Jobs of workers that are gone are back after a lock's time, and done soon after; on a busy machine that takes longer. */
const settleMs = 120_000

/** Which trial it is. */
export interface TrialName {
  readonly kind: string
  readonly seed: number
  readonly startedMs: number
}

/**
 * Plays a trial.
 *
 * @returns `undefined` where the disaster came too late
 */
export async function playTrial(kind: DisasterKind, seed: number, stage: Stage): Promise<TrialResult | undefined> {
  const startedMs = performance.now()
  const random = new SeededRandom(seed)
  const disaster: Disaster = disasters[kind]
  await stage.prepare(disaster.workers, random)
  stage.startProducer()
  let problems: string[] = []
  try {
    problems = await disaster.strike(stage, random)
  } catch (error) {
    if (error instanceof TooLate && (await endsWell(stage))) return undefined
    problems = [String(error)]
  }
  return judgeTrial({ kind, seed, startedMs }, stage, disaster.leavesResults ?? false, problems)
}

/**
 * Waits for the end of a run that a disaster struck, and says how it ended.
 *
 * @param known - what is wrong already
 */
export async function judgeTrial(
  { kind, seed, startedMs }: TrialName,
  stage: Stage,
  mayLeaveResults: boolean,
  known: readonly string[],
): Promise<TrialResult> {
  const { corpus } = stage
  const problems = [...known, ...(await judgeEnd(stage))]
  const verdict = judgeOutput(stage.output, corpus.labelled, corpus.rows)
  if (!verdict.same) problems.push("the output must have the bytes of an undisturbed run; it has others")
  const contents = await stage.look.until(({ active, waiting }) => active + waiting === 0, settleMs)
  if (contents.active > 0) problems.push(`no job must be left at work; ${contents.active} are`)
  if (contents.waiting > 0) problems.push(`no job must be left waiting; ${contents.waiting} are`)
  if (contents.deadLetters + contents.failed > 0) problems.push("no job must be dead; some are")
  if (contents.completed > 0 && !mayLeaveResults) problems.push(`no result must be left; ${contents.completed} are`)
  problems.push(...(await judgeWorkers(stage)))
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
    ...(stage.standstillMs !== undefined && { standstillMs: stage.standstillMs }),
    problems,
    log: problems.length > 0 ? stage.log : "",
  }
}

/** Waits for the producer's end, though not for ever. */
async function judgeEnd({ producer }: Stage): Promise<string[]> {
  if (!producer) return ["there must be a producer; there is none"]
  const { code, signal } = await producer.end()
  return code === 0 ? [] : [`the producer must end with exit code 0; got ${signal ?? code}: ${producer.stderr}`]
}

async function endsWell(stage: Stage): Promise<boolean> {
  return (await judgeEnd(stage)).length === 0
}

/** None may have ended but by SIGKILL, or because it was asked to. */
async function judgeWorkers({ workers }: Stage): Promise<string[]> {
  const exits = await Promise.all(workers.filter(({ runs }) => !runs).map(({ exit }) => exit))
  return exits.filter(({ code }) => code !== null && code !== 0).map(({ code }) => `a worker ended with ${code}`)
}

/** Stops the workers, as somebody would who needs them no more, and says which did not stop as they should. */
export async function stopWorkers({ workers }: Stage): Promise<string[]> {
  const living = workers.filter(({ runs }) => runs)
  for (const worker of living) worker.signal("SIGTERM")
  const ends = await Promise.all(living.map(async worker => ({ ...(await worker.end()), stderr: worker.stderr })))
  return ends
    .filter(({ code }) => code !== 0)
    .map(({ code, signal, stderr }) => `a worker must stop with exit code 0; got ${signal ?? code}: ${stderr}`)
}
