/**
 * Texts a second of a bulk run through Redis, one worker and this producer on the same cores, against the embedded
 * classifier over the same texts; and the CPU time that each of the processes takes for a text:
 *
 *   npm run bench fleet -- [--texts-a-round 20000] [--texts FILE]
 */
import { readFileSync } from "node:fs"
import { readFlags } from "../../test/read-flags.ts"
import { createClassifier, createProducer } from "../built.ts"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  median,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  ratioOf,
  secondsOf,
  showCount,
  textsFor,
} from "../harness.ts"
import { startBenchRedis } from "./bench-redis.ts"
import { BenchWorker } from "./start-work.ts"

const { values: flags } = readFlags({
  options: { ...commonFlags, "texts-a-round": { type: "string", default: "20000" } },
})
const texts = await textsFor(Number(flags["texts-a-round"]), flags.texts)

/** CPU time of a process so far, seconds: user and system, of all its threads. */
function cpuSecondsOf(pid: number): number {
  const [, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
  const [, , , , , , , , , , , user, system] = fields.join(") ").split(" ").map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100
}

await using redis = await startBenchRedis()
await using worker = await BenchWorker.start(redis.url)
await using producer = await createProducer({ redis: redis.url })
await using classifier = await createClassifier()
printHead(`A bulk run through Redis against the embedded classifier, ${showCount(texts.length)} texts a round`, {
  texts: flags.texts ?? "generated",
  model: `${producer.model.name} ${producer.model.dtype}, revision ${producer.model.revision}`,
})
const pids = { producer: process.pid, worker: worker.child.pid as number, Redis: redis.pid as number }
const cpuMicroseconds: Record<string, number[]> = { producer: [], worker: [], Redis: [], embedded: [] }
const note = (name: string, before: number, pid: number) =>
  cpuMicroseconds[name]?.push((1e6 * (cpuSecondsOf(pid) - before)) / texts.length)

const contestants = {
  async fleet() {
    const before = Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf(pid), pid] as const)
    const seconds = await secondsOf(() => producer.label(texts, { lane: "bulk" }))
    for (const [name, cpu, pid] of before) note(name, cpu, pid)
    return texts.length / seconds
  },
  async embedded() {
    const before = cpuSecondsOf(process.pid)
    const seconds = await secondsOf(() => classifier.label(texts, { lane: "bulk" }))
    note("embedded", before, process.pid)
    return texts.length / seconds
  },
}
const rounds = await interleave(contestants, patienceOf(flags, 5))
const { fleet, embedded } = rounds.figures
printTable(["texts/s", "median", "min", "max"], figureRows({ "through Redis": fleet, embedded }))
const ratio = ratioOf(fleet, embedded)
printBar("through Redis / embedded", ratio.median, ">=", 0.85, describeRatio(ratio))
const spent = Object.entries(cpuMicroseconds).map(([name, figures]) => `${name} ${median(figures).toFixed(0)}`)
console.log(`CPU time, µs a text, without the devices: ${spent.join(", ")}`)
printEnd({ bench: "fleet", texts: texts.length, ratio, cpuMicroseconds }, rounds, flags.json)
