import { setTimeout as wait } from "node:timers/promises"
import { createProducer } from "../../src/producer/create-producer.ts"
import type { Producer } from "../../src/producer/producer.ts"
import type { Disaster } from "./disaster.ts"
import { randomMoment } from "./moments.ts"
import { judgeProgress } from "./outages.ts"
import type { SeededRandom } from "./seeded-random.ts"
import type { Stage } from "./stage.ts"

const minuteMs = 60_000

/** How far ahead or behind clocks are: less than a result is kept, more than that, and more than a day. */
const shiftsMs = [10, 120, 26 * 60].flatMap(minutes => [minutes * minuteMs, -minutes * minuteMs])

/** Sets the clocks of some of the processes, at least one. */
function setClocks({ workers, producer }: Stage, random: SeededRandom): void {
  const all = [...workers, ...(producer ? [producer] : [])].filter(({ runs }) => runs)
  const some = all.filter(() => random.next() < 0.5)
  for (const process of some.length > 0 ? some : all.slice(0, 1)) process.setClock(random.pick(shiftsMs))
}

/** A deadline by which every job is labelled, unless a clock is wrong. */
const deadlineMs = 5 * minuteMs

/** What another producer wants in the meantime must be labelled, and its results be there. */
async function judgeOther(other: Producer): Promise<string[]> {
  const [result] = await other.label(["of somebody else"], { deadlineMs, timeoutMs: deadlineMs })
  return result?.error === undefined ? [] : [`a text with a deadline must be labelled; got ${result.error.code}`]
}

/** Clocks of workers and producers are set in the middle of a run; those of workers stay so for the next trial. */
export const clock: Disaster = {
  workers: 2,
  ownClocks: true,
  usualLocks: true,
  leavesResults: true,
  async strike(stage, random) {
    await using other = await createProducer({ redis: stage.place.producerUrl })
    const [id] = (await other.add(["of somebody else"])) as [string]
    for await (const { state } of other.results([id]))
      if (state !== "completed") return [`a job must be done; it is ${state}`]
    await randomMoment(stage, random)
    setClocks(stage, random)
    const problems = await judgeOther(other)
    await wait(random.between(0, 300))
    if (stage.producer?.runs) setClocks(stage, random)
    problems.push(...(await judgeProgress(stage)))
    const { state } = await other.result(id)
    if (state !== "completed") problems.push(`the result of somebody else must be kept; it is ${state}`)
    return problems
  },
}
