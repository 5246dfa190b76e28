/**
 * Requests with one text each over HTTP, against the classifier alone and against transformers.js behind a plain route:
 *
 *   npm run bench http -- [--peer FOLDER] [--texts FILE] [--requests 1500] [--connections 64]
 *
 * FOLDER is an export as `bench/peers/python/make_export.py` writes it. Server, client and devices share the cores. The
 * classifier alone is given the same texts in the same way, one a call and as many calls at a time; and, to say what
 * that way costs, all in one call.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { readFlags } from "../../test/read-flags.ts"
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
import { BenchClient } from "./bench-client.ts"
import { BenchServer } from "./start-serve.ts"

const { values: flags } = readFlags({
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

await using server = await BenchServer.valence()
await using peer = flags.peer === undefined ? undefined : await BenchServer.peer(flags.peer, "q8")
await using classifier = await createClassifier()
printHead(`${requests} requests of one text, ${connections} connections`, {
  texts: flags.texts ?? "generated",
  model: `${classifier.model.name} ${classifier.model.dtype}, revision ${classifier.model.revision}`,
})

/** Texts a second, each a call of its own, as many calls at a time as there are connections. */
async function load(label: (text: string) => Promise<unknown>): Promise<number> {
  let next = 0
  const caller = async () => {
    while (next < texts.length) await label(texts[next++] as string)
  }
  return requests / (await secondsOf(() => Promise.all(Array.from({ length: connections }, caller))))
}

/** A request with one text, which must be answered with 200. */
const ask = (client: BenchClient) => async (text: string) => {
  const { status } = await client.label({ text })
  if (status !== 200) throw new Error(`every request must be answered with 200; got ${status}`)
}

/** p50 of one short text, ms, one after the other. */
async function p50(label: (text: string) => Promise<unknown>): Promise<number> {
  const ms: number[] = []
  for (let index = 0; index < samples; index++) {
    ms.push(1000 * (await secondsOf(() => label(shortText))))
    await sleep(1)
  }
  return quantile(ms, 0.5)
}

await using client = new BenchClient(server.url, connections)
await using peerClient = peer && new BenchClient(peer.url, connections)
const post = ask(client)
const inProcess = (text: string) => classifier.label([text])
const contestants = {
  valence: () => load(post),
  alone: () => load(inProcess),
  oneCall: async () => requests / (await secondsOf(() => classifier.label(texts))),
  overHttp: () => p50(post),
  inProcess: () => p50(inProcess),
  peer: async () => (peerClient === undefined ? 0 : load(ask(peerClient))),
}
const rounds = await interleave(contestants, patienceOf(flags, 5))
const { valence, alone: calls, oneCall, overHttp, inProcess: inOneProcess, peer: behindFastify } = rounds.figures
printTable(
  ["texts/s", "median", "min", "max"],
  figureRows({
    "POST /v1/label": valence,
    [`classifier alone, ${connections} calls at a time`]: calls,
    "classifier alone, one call": oneCall,
    ...(peer && { "transformers.js q8 behind fastify": behindFastify }),
  }),
)
printTable(
  ["p50 of one short text, ms", "median", "min", "max"],
  figureRows({ "over HTTP": overHttp, "in process": inOneProcess }, 2),
)
const extraMs = overHttp.map((ms, round) => ms - (inOneProcess[round] as number))
printBar("p50 over HTTP minus in process, ms", median(extraMs), "<=", 1, median(extraMs).toFixed(2))
const toCalls = ratioOf(valence, calls)
printBar("requests/s / classifier alone", toCalls.median, ">=", 0.7, describeRatio(toCalls))
const toPeer = peer && ratioOf(valence, behindFastify)
if (toPeer) printBar("requests/s / transformers.js behind fastify", toPeer.median, ">=", 2, describeRatio(toPeer))
printEnd({ bench: "http", toCalls, toPeer, extraMs }, rounds, flags.json)
