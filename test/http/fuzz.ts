/**
 * Sends requests of all kinds, most of them malformed, to a server in front of a fleet, and looks whether it stays well:
 *
 *   npm run fuzz:http -- --requests 10000 [--seed N] [--parallel 8]
 */
import { randomBytes } from "node:crypto"
import { readFlags } from "../read-flags.ts"
import { openSharedRedis } from "../redis/global-setup.ts"
import { playFuzz } from "./play-fuzz.ts"

/** `/livez` is answered in this time, whatever else is sent. */
const mostLiveMs = 250

const { values: flags } = readFlags({
  options: {
    requests: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    parallel: { type: "string", default: "8" },
  },
})
const [requests, seed, parallel] = [flags.requests, flags.seed, flags.parallel].map(Number) as [number, number, number]
const redis = await openSharedRedis()
try {
  console.log(`seed ${seed}, ${redis.origin}`)
  const keyPrefix = `{fuzz-${randomBytes(6).toString("hex")}}`
  const { answers, problems, heapGrowthMb, socketsLeft, slowestLiveMs, longestTurnMs } = await playFuzz({
    requests,
    seed,
    parallel,
    redis: redis.url,
    keyPrefix,
  })
  console.log(`answers by status: ${JSON.stringify(answers)}`)
  console.log(`heap ${heapGrowthMb.toFixed(1)} MB more after two thirds of them, ${socketsLeft} sockets left`)
  console.log(
    `slowest answer of /livez: ${slowestLiveMs.toFixed(0)} ms (bar: ${mostLiveMs} ms on a machine that does nothing else)`,
  )
  console.log(`longest turn of the event loop: ${longestTurnMs.toFixed(0)} ms of CPU`)
  if (slowestLiveMs > mostLiveMs) process.exitCode = 1
  for (const problem of problems.slice(0, 50)) console.log(`PROBLEM ${problem}`)
  console.log(problems.length === 0 ? "passed" : `FAILED: ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
} finally {
  await redis.stop()
}
