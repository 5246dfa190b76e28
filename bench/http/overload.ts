/**
 * What a server does under many times the load that it can bear: how soon it refuses, how long those wait that it
 * accepts, and how soon it is itself again.
 *
 *   npm run bench overload -- [--seconds 60] [--times 10] [--texts-a-request 16] [--texts FILE]
 *
 * Requests come at a fixed rate, whether those before were answered or not.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { readFlags } from "../../test/read-flags.ts"
import { printBar, printHead, printTable, quantile, secondsOf, textsFor } from "../harness.ts"
import { type Answer, BenchClient } from "./bench-client.ts"
import { BenchServer } from "./start-serve.ts"

const { values: flags } = readFlags({
  options: {
    texts: { type: "string" },
    seconds: { type: "string", default: "60" },
    times: { type: "string", default: "10" },
    "texts-a-request": { type: "string", default: "16" },
  },
})
const textsARequest = Number(flags["texts-a-request"])
const seconds = Number(flags.seconds)
const texts = await textsFor(2000, flags.texts)

await using server = await BenchServer.valence()
await using client = new BenchClient(server.url, 4096)
let sent = 0

function ask(): Promise<Answer> {
  const some = Array.from({ length: textsARequest }, (_, index) => texts[(sent * textsARequest + index) % texts.length])
  sent += 1
  return client.label({ texts: some })
}

/** Requests a second that are all accepted: 8 at a time. */
async function sustainable(): Promise<number> {
  const each = 12
  const caller = async () => {
    for (let index = 0; index < each; index++) await ask()
  }
  return (8 * each) / (await secondsOf(() => Promise.all(Array.from({ length: 8 }, caller))))
}

async function overload(rate: number): Promise<Answer[]> {
  const answers: Promise<Answer>[] = []
  const startMs = performance.now()
  for (let due = 0; due < seconds * rate; ) {
    const passed = (performance.now() - startMs) / 1000
    for (; due < Math.min(passed, seconds) * rate; due++)
      answers.push(ask().catch(() => ({ status: 0, ms: performance.now() - startMs })))
    if (passed >= seconds) break
    await sleep(5)
  }
  return Promise.all(answers)
}

printHead(`${flags.times} times the sustainable load for ${seconds} s, ${textsARequest} texts a request`)
await sustainable()
const bearable = await sustainable()
const idleMs = (await ask()).ms
const rate = bearable * Number(flags.times)
console.log(`sustainable: ${bearable.toFixed(1)} requests/s; sent: ${rate.toFixed(0)} requests/s`)
const answers = await overload(rate)
const after: Answer[] = []
for (let index = 0; index < 5; index++) after.push(await ask())

const row = (name: string, some: readonly Answer[]) => {
  const at = (share: number) =>
    some.length === 0
      ? "-"
      : quantile(
          some.map(({ ms }) => ms),
          share,
        ).toFixed(0)
  return [name, some.length, ...[0.5, 0.99, 1].map(at)]
}
const statuses = [...new Set(answers.map(({ status }) => status))].sort()
printTable(
  ["status", "requests", "p50 ms", "p99 ms", "max ms"],
  [
    ...statuses.map(status =>
      row(
        status === 0 ? "no answer" : String(status),
        answers.filter(answer => answer.status === status),
      ),
    ),
    row("afterwards, one after the other", after),
  ],
)
const accepted = answers.filter(({ status }) => status === 200)
const refused = answers.filter(({ status }) => status === 429 || status === 503)
const most = (some: readonly Answer[]) => Math.max(0, ...some.map(({ ms }) => ms))
console.log(
  `accepted: ${(accepted.length / seconds).toFixed(1)} requests/s, ${(accepted.length / seconds / bearable).toFixed(2)} of what is sustainable`,
)
printBar(
  "answers that are neither",
  answers.length - accepted.length - refused.length,
  "<=",
  0,
  String(answers.length - accepted.length - refused.length),
)
printBar("longest refusal, ms", most(refused), "<=", 1000, most(refused).toFixed(0))
console.log(
  `longest accepted request: ${most(accepted).toFixed(0)} ms; idle before: ${idleMs.toFixed(0)} ms; first request afterwards: ${after[0]?.status} after ${after[0]?.ms.toFixed(0)} ms`,
)
