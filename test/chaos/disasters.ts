import { setTimeout as wait } from "node:timers/promises"
import { clock } from "./clock.ts"
import type { Disaster } from "./disaster.ts"
import { loseWrites } from "./lose-writes.ts"
import { isMiddle, randomMoment, requireMiddle, strikeAt, TooLate } from "./moments.ts"
import { outages } from "./outages.ts"
import { ServerPlace } from "./places/server-place.ts"
import type { SeededRandom } from "./seeded-random.ts"
import { lockMs, type Stage } from "./stage.ts"
import type { StartedProcess } from "./started-process.ts"

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

/** The Redis of a stage that has one server. */
function serverOf({ place }: Stage): ServerPlace {
  if (place instanceof ServerPlace) return place
  throw new Error("the stage must have one server; it has another Redis")
}

async function redisAway(stage: Stage, random: SeededRandom, whileAway: () => void): Promise<void> {
  await strikeAt(random.pick([[0], [0, 0.3]]), stage, random, async () => {
    const { server } = serverOf(stage)
    await server.kill("SIGKILL")
    const came = isMiddle(stage)
    whileAway()
    await wait(random.between(0, 400))
    await server.restart()
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
    await redisAway(stage, random, () => loseWrites(serverOf(stage).server.folder, random.integer(1, 300_000)))
    return []
  },
}

/** Redis says nothing for a while, and no connection ends: its machine is overloaded, or the network is. */
const stuck: Disaster = {
  workers: 2,
  leavesResults: true,
  async strike(stage, random) {
    await strikeAt(random.pick([[0], [0, 0.3]]), stage, random, async () => {
      const { pid } = serverOf(stage).server
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
  open: () => ServerPlace.open(true),
  leavesResults: true,
  async strike(stage, random) {
    await strikeAt(random.pick([[0], [0, 0.2], [0, 0.1, 0.3]]), stage, random, async () => {
      await serverOf(stage).link?.cut(random.between(0, 30), random.pick([0, 0, random.integer(1, 20_000)]))
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
  clock,
  ...outages,
} as const satisfies Record<string, Disaster>

export type DisasterKind = keyof typeof disasters
