/**
 * What traces cost: CPU time of a server and a worker for a text of a request of its own, with `--trace off`, with `otlp` and no request
 * sampled, and with `otlp` and every request sampled. Spans go to a collector that throws them away. The worker labels with a lexicon,
 * so that little else is measured.
 *
 *   npm run bench tracing -- [--requests 3000] [--connections 16]
 */
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
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
import { BenchClient } from "../http/bench-client.ts"
import { BenchServer } from "../http/start-serve.ts"
import { startBenchRedis } from "./bench-redis.ts"
import { BenchWorker } from "./start-work.ts"

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    requests: { type: "string", default: "3000" },
    connections: { type: "string", default: "16" },
  },
})
const [requests, connections] = [Number(flags.requests), Number(flags.connections)]
/** Requests before those that count: code is compiled by then. */
const warmUpRequests = requests / 2

await using redis = await startBenchRedis()
let received = 0
const collector = createServer((request, response) => {
  received += 1
  request.resume().once("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
})
await new Promise<void>(resolve => collector.listen(0, "127.0.0.1", resolve))
process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`

const ticksPerSecond = 100

/** CPU time of a process so far, µs. */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6
}

async function send(client: BenchClient, count: number): Promise<void> {
  let left = count
  const caller = async () => {
    while (left-- > 0) {
      const { status } = await client.label({ text: "I love it" })
      if (status !== 200) throw new Error(`a request must be answered; got ${status}`)
    }
  }
  await Promise.all(Array.from({ length: connections }, caller))
}

/** CPU time of server and worker for a request, µs. */
async function measure(trace: string, sampler: string): Promise<number> {
  process.env["OTEL_TRACES_SAMPLER"] = sampler
  await using worker = await BenchWorker.start(redis.url, "--model", "afinn-111", "--trace", trace)
  await using server = await BenchServer.valence("--redis", redis.url, "--trace", trace)
  await using client = new BenchClient(server.url, connections)
  await send(client, warmUpRequests)
  const cpu = () => cpuOf(worker.child.pid) + cpuOf(server.child.pid)
  const before = cpu()
  await send(client, requests)
  return (cpu() - before) / requests
}

printHead("CPU time of a server and a worker for a request of one text, without and with traces")
const rounds = await interleave(
  {
    off: () => measure("off", "always_on"),
    unsampled: () => measure("otlp", "always_off"),
    sampled: () => measure("otlp", "always_on"),
  },
  { ...patienceOf(flags, 3), patienceS: 0, warmUpRounds: 0 },
)
const { off, unsampled, sampled } = rounds.figures
const [ofUnsampled, ofSampled] = [ratioOf(unsampled, off), ratioOf(sampled, off)]
printTable(
  ["--trace", "µs a text", "against off"],
  [
    ["off", showCount(median(off)), ""],
    ["otlp, no request sampled", showCount(median(unsampled)), describeRatio(ofUnsampled)],
    ["otlp, every request sampled", showCount(median(sampled)), describeRatio(ofSampled)],
  ],
)
if (received === 0) throw new Error("the collector must get spans; it got none")
collector.close()
printEnd({ bench: "tracing", unsampled: ofUnsampled, sampled: ofSampled }, rounds, flags.json)
