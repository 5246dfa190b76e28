/**
 * What a producer's CPU time for a text of its own is, alone and while other producers' texts go through the same queue:
 * for Valence, which replies on a channel for each producer, and for bare queues of BullMQ that reply by its
 * QueueEvents, by a channel for each producer, and by a stream for each producer:
 *
 *   npm run bench replies -- [--others 20] [--per-second 20] [--labels 100]
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { readFlags } from "../../test/read-flags.ts"
import {
  commonFlags,
  describeRatio,
  interleave,
  median,
  patienceOf,
  printEnd,
  printHead,
  printTable,
  ratioOf,
  showCount,
} from "../harness.ts"
import { startBareWorker } from "./bare-replies.ts"
import { startBenchRedis } from "./bench-redis.ts"
import type { ReplyKind } from "./reply-labels.ts"
import { BenchWorker } from "./start-work.ts"

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    others: { type: "string", default: "20" },
    "per-second": { type: "string", default: "20" },
    labels: { type: "string", default: "100" },
  },
})
await using redis = await startBenchRedis()
await using _worker = await BenchWorker.start(redis.url, "--model", "mvp")
await using _bareWorker = startBareWorker(redis.url)
const traffic = `${flags.others} others, each with ${flags["per-second"]} texts a second`
printHead(`CPU time of one producer for a text of its own, alone and beside ${traffic}`)

async function start(file: string, ...words: readonly string[]): Promise<ChildProcess> {
  const child = fork(new URL(file, import.meta.url), [redis.url, ...words])
  await once(child, "message")
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}

async function alone(kind: ReplyKind): Promise<number> {
  const observer = await start("./reply-observer.ts", kind)
  observer.send(Number(flags.labels))
  const [microseconds] = (await once(observer, "message")) as [number]
  await stop(observer)
  return microseconds
}

async function beside(kind: ReplyKind): Promise<number> {
  const others = await start("./reply-traffic.ts", kind, flags.others, flags["per-second"])
  const microseconds = await alone(kind)
  await stop(others)
  return microseconds
}

const names: Readonly<Record<ReplyKind, string>> = {
  valence: "Valence: a channel for each producer",
  events: "BullMQ: QueueEvents",
  channel: "BullMQ: a channel for each producer",
  stream: "BullMQ: a stream for each producer",
}
const kinds = Object.keys(names) as ReplyKind[]
const contestants = Object.fromEntries(
  kinds.flatMap(kind => [
    [`${kind}Alone`, () => alone(kind)],
    [`${kind}Beside`, () => beside(kind)],
  ]),
) as Record<`${ReplyKind}${"Alone" | "Beside"}`, () => Promise<number>>
const rounds = await interleave(contestants, { ...patienceOf(flags, 3), patienceS: 0, warmUpRounds: 0 })
const figuresOf = (kind: ReplyKind) => [rounds.figures[`${kind}Alone`], rounds.figures[`${kind}Beside`]] as const
const ratios = kinds.map(kind => {
  const [alone, beside] = figuresOf(kind)
  return ratioOf(beside, alone)
})
printTable(
  ["µs a text", "alone", "beside others", "beside / alone"],
  kinds.map((kind, index) => [
    names[kind],
    ...figuresOf(kind).map(figures => showCount(median(figures))),
    describeRatio(ratios[index] as (typeof ratios)[number]),
  ]),
)
printEnd(
  { bench: "replies", ...Object.fromEntries(kinds.map((kind, index) => [kind, ratios[index]])) },
  rounds,
  flags.json,
)
