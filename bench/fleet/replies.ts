/**
 * What a producer's CPU time for a text of its own is, while other producers' traffic goes through the same queue: with
 * Valence's channel for each producer, and with BullMQ's QueueEvents, which go to every listener:
 *
 *   npm run bench:replies -- [--others 20] [--labels 100]
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { parseArgs } from "node:util"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  patienceOf,
  printEnd,
  printHead,
  printTable,
  ratioOf,
} from "../harness.ts"
import { startBenchRedis } from "./bench-redis.ts"
import { BenchWorker } from "./start-work.ts"

const { values: flags } = parseArgs({
  options: { ...commonFlags, others: { type: "string", default: "20" }, labels: { type: "string", default: "100" } },
})
await using redis = await startBenchRedis()
await using _worker = await BenchWorker.start(redis.url, "--model", "mvp")
printHead(`CPU time of one producer for a text of its own, alone and beside ${flags.others} others`, {})

async function observe(kind: string): Promise<number> {
  const words = ["--kind", kind, "--redis", redis.url, "--labels", flags.labels]
  const child = fork(new URL("./reply-observer.ts", import.meta.url), words)
  const exited = once(child, "exit")
  const [{ microseconds }] = (await once(child, "message")) as [{ microseconds: number }]
  await exited
  return microseconds
}

async function besideOthers(kind: string): Promise<number> {
  const traffic = fork(new URL("./reply-traffic.ts", import.meta.url), [redis.url, flags.others])
  await once(traffic, "message")
  const microseconds = await observe(kind)
  const ended = once(traffic, "exit")
  traffic.kill("SIGKILL")
  await ended
  return microseconds
}

const contestants = {
  channelAlone: () => observe("channel"),
  channelBeside: () => besideOthers("channel"),
  eventsAlone: () => observe("events"),
  eventsBeside: () => besideOthers("events"),
}
const rounds = await interleave(contestants, { ...patienceOf(flags, 3), patienceS: 0, warmUpRounds: 0 })
const { channelAlone, channelBeside, eventsAlone, eventsBeside } = rounds.figures
printTable(
  ["µs a text", "median", "min", "max"],
  figureRows({
    "a channel of its own, alone": channelAlone,
    "a channel of its own, beside others": channelBeside,
    "QueueEvents, alone": eventsAlone,
    "QueueEvents, beside others": eventsBeside,
  }),
)
const [own, everybody] = [ratioOf(channelBeside, channelAlone), ratioOf(eventsBeside, eventsAlone)]
console.log(
  `beside others / alone: a channel of its own ${describeRatio(own)}; QueueEvents ${describeRatio(everybody)}`,
)
printEnd({ bench: "replies", own, everybody }, rounds, flags.json)
