/**
 * A server in front of two workers, for as long as you like, under a load of a tenth of what they can do: what is refused, and whether
 * memory and Redis' keys stay as they are.
 *
 *   npm run soak -- [--minutes 30] [--model sentiment-small] [--load 0.1]
 *
 * Results are kept for a tenth of the time, so that they are removed as they are in a longer life. A bar that is missed makes the exit
 * code 1.
 */
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { Redis } from "ioredis"
import { readFlags } from "../../test/read-flags.ts"
import { startBenchRedis } from "../fleet/bench-redis.ts"
import { BenchWorker } from "../fleet/start-work.ts"
import { median, printBar, printHead, printTable, showCount, textsFor } from "../harness.ts"
import { SoakTraffic } from "./soak-traffic.ts"
import { BenchServer } from "./start-serve.ts"

const { values: flags } = readFlags({
  options: {
    minutes: { type: "string", default: "30" },
    model: { type: "string", default: "sentiment-small" },
    load: { type: "string", default: "0.1" },
  },
})
const seconds = Number(flags.minutes) * 60
const lookEverySeconds = Math.max(1, seconds / 180)
const kept = String(Math.max(5, Math.round(seconds / 10)))

/** How the processes and Redis are at one moment. */
interface Look {
  readonly server: number
  readonly workers: number
  readonly redisMb: number
  readonly keys: number
}

await using redisServer = await startBenchRedis()
const work = ["--model", flags.model, "--device", "cpu:1", "--keep-result-seconds", kept, "--keep-failed-seconds", kept]
await using one = await BenchWorker.start(redisServer.url, ...work)
await using other = await BenchWorker.start(redisServer.url, ...work)
await using server = await BenchServer.valence("--redis", redisServer.url, "--keep-file-seconds", kept)
const redis = new Redis(redisServer.url)

const rssMb = (pid: number | undefined) => {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  return Number(kilobytes) / 1024
}

async function look(): Promise<Look> {
  const [, bytes = "0"] = /^used_memory:(\d+)/m.exec(await redis.info("memory")) ?? []
  return {
    server: rssMb(server.child.pid),
    workers: rssMb(one.child.pid) + rssMb(other.child.pid),
    redisMb: Number(bytes) / 1e6,
    keys: await redis.dbsize(),
  }
}

const traffic = new SoakTraffic(server.url, await textsFor(20_000, undefined))
printHead(`${flags.minutes} minutes of mixed traffic to a server and two workers`)
await traffic.sustainable()
const sustainable = await traffic.sustainable()
const rate = sustainable * Number(flags.load)
console.log(
  `sustainable: ${showCount(sustainable)} texts/s; sent: ${rate.toFixed(1)} texts/s; results are kept for ${kept} s`,
)

const looks: Look[] = []
let over = false
const looking = (async () => {
  while (!over) {
    looks.push(await look())
    await sleep(lookEverySeconds * 1000)
  }
})()
await traffic.run(seconds, sustainable, Number(flags.load))
over = true
await looking
redis.disconnect()

const thirds = [0, 1, 2].map(part => looks.slice((part * looks.length) / 3, ((part + 1) * looks.length) / 3))
const inThirds = (name: keyof Look) => thirds.map(third => median(third.map(one => one[name])))
const names = {
  server: "RSS of the server, MB",
  workers: "RSS of both workers, MB",
  redisMb: "memory of Redis, MB",
  keys: "keys in Redis",
}
printTable(
  ["median of", "first third", "second", "last"],
  Object.entries(names).map(([name, shown]) => [shown, ...inThirds(name as keyof Look).map(showCount)]),
)
const statuses = [...traffic.tally].map(([name, of]) => [
  name,
  [...of].map(([status, count]) => `${count} x ${status}`).join(", "),
])
printTable(["traffic", "answers"], statuses)
const refused = [...traffic.tally.values()].flatMap(of => [...of]).filter(([status]) => !status.startsWith("2"))
const refusals = refused.reduce((sum, [, count]) => sum + count, 0)
const met = [printBar("refusals", refusals, "<=", 0, String(refusals))]
for (const [name, shown] of Object.entries(names)) {
  const [, second = 1, last = 1] = inThirds(name as keyof Look)
  met.push(printBar(`${shown}: last third by second`, last / second, "<=", 1.1, (last / second).toFixed(3)))
}
if (met.includes(false)) process.exitCode = 1
