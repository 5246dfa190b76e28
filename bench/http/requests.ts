/**
 * Requests with one text each over HTTP, against the classifier alone and against transformers.js behind a plain route:
 *
 *   npm run bench:http -- [--peer FOLDER] [--texts FILE] [--requests 1500] [--connections 64]
 *
 * FOLDER is an export as `bench/peers/make_export.py` writes it. Server, client and devices share the cores. The
 * classifier alone is given the same texts in the same way, one a call and as many calls at a time; and, to say what
 * that way costs, all in one call.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import autocannon from "autocannon"
import { createClassifier } from "../built.ts"
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
  quantile,
  ratioOf,
  secondsOf,
  textsFor,
} from "../harness.ts"
import { BenchServer } from "./start-serve.ts"

const { values: flags } = parseArgs({
  options: {
    ...commonFlags,
    peer: { type: "string" },
    requests: { type: "string", default: "1500" },
    connections: { type: "string", default: "64" },
    samples: { type: "string", default: "300" },
  },
})
const requests = Number(flags.requests)
const connections = Number(flags.connections)
const samples = Number(flags.samples)
const shortText = "I love it"
const texts = await textsFor(requests, flags.texts)
const body = (text: string) => JSON.stringify({ text })
const headers = { "content-type": "application/json" }

await using server = await BenchServer.valence()
await using peer = flags.peer === undefined ? undefined : await BenchServer.peer(flags.peer, "q8")
await using classifier = await createClassifier()
printHead(`${requests} requests of one text, ${connections} connections`, {
  texts: flags.texts ?? "generated",
  model: `${classifier.model.name} ${classifier.model.dtype}, revision ${classifier.model.revision}`,
})

/** Requests a second. */
async function load({ url }: BenchServer): Promise<number> {
  const all = texts.map(text => ({ method: "POST" as const, path: "/v1/label", headers, body: body(text) }))
  const { duration, non2xx, errors, ...counts } = await autocannon({
    url,
    connections,
    amount: requests,
    requests: all,
  })
  if (non2xx + errors > 0) throw new Error(`all requests must be answered with 200; ${non2xx + errors} were not`)
  return counts["2xx"] / duration
}

/** Calls a second, as many at a time as there are connections. */
async function alone(): Promise<number> {
  let next = 0
  const caller = async () => {
    while (next < texts.length) await classifier.label([texts[next++] as string])
  }
  return requests / (await secondsOf(() => Promise.all(Array.from({ length: connections }, caller))))
}

/** p50 of one short text, ms, one after the other. */
async function p50(label: () => Promise<unknown>): Promise<number> {
  const ms: number[] = []
  for (let index = 0; index < samples; index++) {
    ms.push(1000 * (await secondsOf(label)))
    await sleep(1)
  }
  return quantile(ms, 0.5)
}

const post = async () =>
  (await fetch(`${server.url}/v1/label`, { method: "POST", headers, body: body(shortText) })).text()
const contestants = {
  valence: () => load(server),
  alone,
  oneCall: async () => requests / (await secondsOf(() => classifier.label(texts))),
  overHttp: () => p50(post),
  inProcess: () => p50(() => classifier.label([shortText])),
  peer: async () => (peer === undefined ? 0 : load(peer)),
}
const rounds = await interleave(contestants, patienceOf(flags, 5))
const { valence, alone: calls, oneCall, overHttp, inProcess, peer: behindFastify } = rounds.figures
printTable(
  ["texts/s", "median", "min", "max"],
  figureRows({
    "POST /v1/label": valence,
    [`classifier alone, ${connections} calls at a time`]: calls,
    "classifier alone, one call": oneCall,
    ...(peer && { "transformers.js q8 behind fastify": behindFastify }),
  }),
)
printTable(["p50 of one short text, ms", "median", "min", "max"], figureRows({ overHttp, inProcess }, 2))
const extraMs = overHttp.map((ms, round) => ms - (inProcess[round] as number))
printBar("p50 over HTTP minus in process, ms", median(extraMs), "<=", 1, median(extraMs).toFixed(2))
const toCalls = ratioOf(valence, calls)
printBar("requests/s / classifier alone", toCalls.median, ">=", 0.7, describeRatio(toCalls))
const toPeer = peer && ratioOf(valence, behindFastify)
if (toPeer) printBar("requests/s / transformers.js behind fastify", toPeer.median, ">=", 2, describeRatio(toPeer))
printEnd({ bench: "http", toCalls, toPeer, extraMs }, rounds, flags.json)
