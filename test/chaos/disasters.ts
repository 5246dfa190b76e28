import { setTimeout as wait } from "node:timers/promises"
import { toBeTrue } from "../cli/run-valence.ts"
import { loseWrites } from "./lose-writes.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { lockMs, type Stage } from "./stage.ts"
import type { StartedProcess } from "./started-process.ts"

/** What goes wrong in the middle of a run. */
export interface Disaster {
  readonly workers: number
  /** Whether it is of a worker with devices. */
  readonly devices?: boolean
  /** Whether processes go to the Redis through a link that can be cut. */
  readonly throughLink?: boolean
  /** Whether results may be left in Redis that nobody asks for again: they expire. */
  readonly leavesResults?: boolean
  /**
   * Strikes, once or several times, with the producer at work.
   *
   * @returns what went wrong that the output would not show
   * @throws TooLate where the run had ended
   */
  strike(stage: Stage, random: SeededRandom): Promise<string[]>
}

/** The run had ended when the disaster struck: a trial that says nothing. */
export class TooLate extends Error {}

/**
 * Strikes at random moments behind places of the output, of which the first must come before the end of the run; the
 * others are for runs that last.
 */
async function strikeAt(
  places: readonly number[],
  stage: Stage,
  random: SeededRandom,
  strike: () => Promise<void>,
): Promise<void> {
  for (const [index, from] of places.entries()) {
    try {
      await randomMoment(stage, random, from)
      await strike()
    } catch (error) {
      if (index === 0 || !(error instanceof TooLate)) throw error
      return
    }
  }
}

/** Waits for a random moment of the run: a place in its output and some ms behind it, or a time alone. */
async function randomMoment(stage: Stage, random: SeededRandom, from = 0): Promise<void> {
  const { producer } = stage
  const place = stage.corpus.labelled.length * random.between(from, 0.8)
  const laterMs = random.next() < 0.5 ? 0 : random.between(0, 20)
  if (from === 0 && random.next() < 0.15) await wait(random.between(0, 1000))
  else {
    await toBeTrue(() => stage.outputBytes >= place || producer?.runs !== true)
    await wait(laterMs)
  }
  requireMiddle(stage)
}

const isMiddle = ({ producer, outputBytes, corpus }: Stage) =>
  producer?.runs === true && outputBytes < corpus.labelled.length

function requireMiddle(stage: Stage): void {
  if (!isMiddle(stage)) throw new TooLate("the run had ended")
}

async function kill(victim: StartedProcess): Promise<void> {
  victim.signal("SIGKILL")
  await victim.exit
}

/** Longer than a worker has a job that it works on. */
const noProgressMs = 100

/**
 * Stops one of the workers while it holds a job. A worker that is struck at any moment mostly holds none.
 *
 * @throws TooLate where the run ends before that
 */
async function freezeAtWork(stage: Stage, random: SeededRandom, workers: readonly StartedProcess[]) {
  for (;;) {
    const victim = random.pick(workers)
    victim.signal("SIGSTOP")
    const held = await stage.look.activeFor(noProgressMs)
    if (held.length > 0) return victim
    victim.signal("SIGCONT")
    requireMiddle(stage)
    await wait(random.between(0, 20))
  }
}

const worker: Disaster = {
  workers: 2,
  async strike(stage, random) {
    await strikeAt(random.pick([[0], [0, 0.4]]), stage, random, async () => {
      const alone = random.next() < 0.4
      const living = stage.workers.filter(({ runs }) => runs)
      const victims = living.slice(alone || living.length === 1 ? 0 : 1)
      if (random.next() < 0.7) await freezeAtWork(stage, random, victims)
      for (const victim of victims) victim.signal("SIGKILL")
      requireMiddle(stage)
      await Promise.all(victims.map(({ exit }) => exit))
      await stage.startWorker()
    })
    return []
  },
}

const restarted = "a device was started again"

const device: Disaster = {
  workers: 1,
  devices: true,
  async strike(stage, random) {
    await strikeAt(random.pick([[0.02], [0.02, 0.4]]), stage, random, async () => {
      const [worker] = stage.workers
      const [child] = worker?.children ?? []
      if (worker === undefined || child === undefined)
        throw new Error("the worker must have a device child; it has none")
      const before = worker.timesSaid(restarted)
      process.kill(child, "SIGKILL")
      await worker.toSay(restarted, before + 1)
    })
    return []
  },
}

const producer: Disaster = {
  workers: 1,
  leavesResults: true,
  async strike(stage, random) {
    await strikeAt(random.pick([[0], [0, 0.1], [0, 0, 0.2, 0.4]]), stage, random, async () => {
      if (stage.producer) await kill(stage.producer)
      stage.startProducer()
    })
    return []
  },
}

async function redisAway(stage: Stage, random: SeededRandom, whileAway: () => void): Promise<void> {
  await strikeAt(random.pick([[0], [0, 0.3]]), stage, random, async () => {
    await stage.redis.kill("SIGKILL")
    const came = isMiddle(stage)
    whileAway()
    await wait(random.between(0, 400))
    await stage.redis.restart()
    if (!came) throw new TooLate("the run had ended")
  })
}

const redis: Disaster = {
  workers: 2,
  leavesResults: true,
  async strike(stage, random) {
    await redisAway(stage, random, () => {})
    return []
  },
}

const power: Disaster = {
  workers: 2,
  leavesResults: true,
  async strike(stage, random) {
    await redisAway(stage, random, () => loseWrites(stage.redis.folder, random.integer(1, 300_000)))
    return []
  },
}

/** Redis says nothing for a while, and no connection ends: its machine is overloaded, or the network is. */
const stuck: Disaster = {
  workers: 2,
  leavesResults: true,
  async strike(stage, random) {
    await strikeAt(random.pick([[0], [0, 0.3]]), stage, random, async () => {
      const { pid } = stage.redis
      if (pid === undefined) throw new Error("the Redis must run; it does not")
      process.kill(pid, "SIGSTOP")
      await wait(random.between(0, 2 * lockMs))
      process.kill(pid, "SIGCONT")
      requireMiddle(stage)
    })
    return []
  },
}

const link: Disaster = {
  workers: 2,
  throughLink: true,
  leavesResults: true,
  async strike(stage, random) {
    await strikeAt(random.pick([[0], [0, 0.2], [0, 0.1, 0.3]]), stage, random, async () => {
      await stage.link?.cut(random.between(0, 30), random.pick([0, 0, random.integer(1, 20_000)]))
    })
    return []
  },
}

const frozen: Disaster = {
  workers: 2,
  async strike(stage, random) {
    await randomMoment(stage, random)
    const victim = await freezeAtWork(stage, random, stage.workers)
    await wait(random.between(lockMs, 2 * lockMs + 500))
    victim.signal("SIGCONT")
    return []
  },
}

const drain: Disaster = {
  workers: 2,
  async strike(stage, random) {
    const problems: string[] = []
    await randomMoment(stage, random)
    const alone = random.next() < 0.5
    if (alone) await kill(stage.workers.pop() as StartedProcess)
    const [victim] = stage.workers
    victim?.signal("SIGTERM")
    const exit = await victim?.end()
    if (exit?.code !== 0) problems.push(`a drained worker must end with exit code 0; got ${exit?.code ?? exit?.signal}`)
    const { active } = await stage.look.contents()
    // The killed one's jobs are still locked.
    if (!alone && active > stage.mostActive) problems.push(`a drained worker must leave no job at work; ${active} are`)
    // Where the other one has not finished the run by then.
    if (stage.producer?.runs) await stage.startWorker()
    return problems
  },
}

/** The disasters that a trial can have. */
export const disasters = {
  worker,
  device,
  producer,
  redis,
  power,
  stuck,
  link,
  frozen,
  drain,
} as const satisfies Record<string, Disaster>

export type DisasterKind = keyof typeof disasters
