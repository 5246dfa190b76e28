import { readdirSync, statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { toBeTrue } from "../cli/run-valence.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { lockMs, type Stage } from "./stage.ts"
import type { StartedProcess } from "./started-process.ts"

/** What goes wrong in the middle of a run. */
export interface Disaster {
  readonly workers: number
  /** Whether it is of a worker with devices. */
  readonly devices?: boolean
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

function requireMiddle({ producer, outputBytes, corpus }: Stage): void {
  if (producer?.runs !== true || outputBytes >= corpus.labelled.length) throw new TooLate("the run had ended")
}

/** Returns when a worker has a job at work. */
async function busy(stage: Stage): Promise<void> {
  const { active } = await stage.look.until(({ active }) => active > 0 || stage.producer?.runs !== true, 5000)
  if (active === 0) throw new TooLate("no job was at work")
}

async function kill(victim: StartedProcess): Promise<void> {
  victim.signal("SIGKILL")
  await victim.exit
}

const worker: Disaster = {
  workers: 2,
  async strike(stage, random) {
    for (const from of random.pick([[0], [0, 0.4]])) {
      await randomMoment(stage, random, from)
      const alone = random.next() < 0.4
      for (const victim of stage.workers.filter(({ runs }) => runs).slice(alone ? 0 : 1)) await kill(victim)
      requireMiddle(stage)
      await stage.startWorker()
    }
    return []
  },
}

const device: Disaster = {
  workers: 1,
  devices: true,
  async strike(stage, random) {
    for (const from of random.pick([[0.02], [0.02, 0.4]])) {
      await randomMoment(stage, random, from)
      const [child] = stage.workers[0]?.children ?? []
      if (child === undefined) return ["the worker must have a device child; it has none"]
      process.kill(child, "SIGKILL")
      await stage.workers[0]?.toSay("a device was started again")
    }
    return []
  },
}

const producer: Disaster = {
  workers: 1,
  leavesResults: true,
  async strike(stage, random) {
    for (let kills = random.integer(1, 4); kills > 0; kills--) {
      await randomMoment(stage, random)
      if (stage.producer) await kill(stage.producer)
      stage.startProducer()
    }
    return []
  },
}

async function redisAway(stage: Stage, random: SeededRandom, whileAway: () => void): Promise<void> {
  for (const from of random.pick([[0], [0, 0.3]])) {
    await randomMoment(stage, random, from)
    await stage.redis.kill("SIGKILL")
    requireMiddle(stage)
    whileAway()
    await wait(random.between(0, 400))
    await stage.redis.restart()
  }
}

const redis: Disaster = {
  workers: 2,
  leavesResults: true,
  async strike(stage, random) {
    await redisAway(stage, random, () => {})
    return []
  },
}

/** Cuts off the end of what Redis has in its file: what a power cut leaves of the last second. */
function loseWrites(folder: string, bytes: number): void {
  const files = join(folder, "appendonlydir")
  for (const name of readdirSync(files).filter(file => file.endsWith(".incr.aof"))) {
    const path = join(files, name)
    truncateSync(path, Math.max(0, statSync(path).size - bytes))
  }
}

const power: Disaster = {
  workers: 2,
  leavesResults: true,
  async strike(stage, random) {
    await redisAway(stage, random, () => loseWrites(stage.redis.folder, random.integer(1, 300_000)))
    return []
  },
}

const frozen: Disaster = {
  workers: 2,
  async strike(stage, random) {
    await randomMoment(stage, random)
    await busy(stage)
    const victim = stage.workers[random.integer(0, 1)]
    victim?.signal("SIGSTOP")
    requireMiddle(stage)
    await wait(random.between(lockMs, 2 * lockMs + 500))
    victim?.signal("SIGCONT")
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
    const exit = await victim?.exit
    if (exit?.code !== 0) problems.push(`a drained worker must end with exit code 0; got ${exit?.code ?? exit?.signal}`)
    const { active } = await stage.look.contents()
    // The killed one's jobs are still locked.
    if (!alone && active > stage.mostActive) problems.push(`a drained worker must leave no job at work; ${active} are`)
    requireMiddle(stage)
    await stage.startWorker()
    return problems
  },
}

/** The disasters that a trial can have. */
export const disasters = { worker, device, producer, redis, power, frozen, drain } as const satisfies Record<
  string,
  Disaster
>

export type DisasterKind = keyof typeof disasters
