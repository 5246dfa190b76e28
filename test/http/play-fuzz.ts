import { connect } from "node:net"
import { setTimeout as wait } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { createProducer } from "../../src/producer/create-producer.ts"
import { createWorker } from "../../src/worker/worker.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { type FuzzCase, FuzzRequests, type FuzzRoute, Random } from "./fuzz-requests.ts"
import { startTestServer, type TestServer } from "./test-server.ts"

/** How much is played. */
export interface FuzzPlay {
  readonly requests: number
  readonly seed: number
  /** Of a Redis, for a fleet and its jobs. */
  readonly redis: string
  readonly keyPrefix: string
  readonly parallel?: number
}

/** What came of it. */
export interface FuzzReport {
  /** Answers by status; 0 for connections that were closed without one. */
  readonly answers: Readonly<Record<number, number>>
  /** What must not be; empty where all is well. */
  readonly problems: readonly string[]
  readonly heapGrowthMb: number
  readonly socketsLeft: number
}

/** A server answers, or closes, within this time. */
const mostMs = 120_000
const pauseMs = 20
/** What a heap may grow by between two looks of the same process. */
const mostGrowthMb = 20

/** Sends requests of all kinds to a server of its own, in front of a fleet, and looks whether it stays well. */
export async function playFuzz({ requests, seed, redis, keyPrefix, parallel = 8 }: FuzzPlay): Promise<FuzzReport> {
  const problems: string[] = []
  const onCrash = (error: unknown) => problems.push(`crashed: ${String(error instanceof Error ? error.stack : error)}`)
  process.on("uncaughtException", onCrash).on("unhandledRejection", onCrash)
  await using _worker = await createWorker({ labeller: plainLabeller(), redis, options: { keyPrefix } })
  const producer = await createProducer({ redis, keyPrefix, whenFull: "reject" })
  await using server = await startTestServer({
    labeller: producer,
    producer,
    options: {
      bodyTimeoutMs: 300,
      maxBodyBytes: 100_000,
      answerTimeoutMs: 60_000,
      webhookSecret: "a secret of the fuzz",
    },
  })
  // What a client leaves half sent behind an answer is waited for so long; 72 s are too long for a test.
  server.http.keepAliveTimeout = 1000
  const random = new Random(seed)
  const cases = new FuzzRequests(await routesOf(server), random)
  const answers: Record<number, number> = {}
  const play = async (count: number) => {
    let left = count
    const one = async () => {
      while (left-- > 0) {
        const fuzz = cases.next()
        const { statuses, problem } = await send(server, fuzz)
        for (const status of statuses) answers[status] = (answers[status] ?? 0) + 1
        if (problem !== undefined) problems.push(`${fuzz.name}: ${problem}; sent ${JSON.stringify(String(fuzz.parts))}`)
        const unknown = statuses.filter(status => status !== 0 && !fuzz.allowed.has(status))
        if (unknown.length > 0) problems.push(`${fuzz.name}: answered ${unknown.join(", ")}, which is not documented`)
      }
    }
    await Promise.all(Array.from({ length: parallel }, one))
  }
  try {
    await settle(server)
    const sockets = socketsOpen()
    // The first part warms up.
    await play(Math.ceil(requests / 3))
    await settle(server)
    const heapBefore = heapMb()
    await play(Math.floor((requests * 2) / 3))
    await settle(server)
    const [heapGrowthMb, socketsLeft] = [heapMb() - heapBefore, socketsOpen() - sockets]
    if (heapGrowthMb > mostGrowthMb)
      problems.push(`the heap must not grow by more than ${mostGrowthMb} MB; it grew by ${heapGrowthMb}`)
    if (socketsLeft > 0) problems.push(`no socket must be left; there are ${socketsLeft}`)
    const alive = await fetch(`${server.url}/readyz`, { headers: { connection: "close" } })
    if (alive.status !== 200) problems.push(`the server must be ready afterwards; it answers ${alive.status}`)
    return { answers, problems, heapGrowthMb, socketsLeft }
  } finally {
    process.off("uncaughtException", onCrash).off("unhandledRejection", onCrash)
  }
}

async function routesOf({ url }: TestServer): Promise<FuzzRoute[]> {
  const document = (await (await fetch(`${url}/docs/json`, { headers: { connection: "close" } })).json()) as {
    paths: Record<string, Record<string, { responses?: Record<string, unknown> }>>
  }
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses = {} }]) => ({
      method: method.toUpperCase(),
      path,
      statuses: Object.keys(responses).flatMap(statusesOf),
    })),
  )
}

/** What `200`, or `4XX`, means; a server that failed, 500, is never meant. */
function statusesOf(documented: string): number[] {
  const [, hundreds] = /^([45])XX$/i.exec(documented) ?? []
  if (hundreds === undefined) return documented === "default" ? [] : [Number(documented)]
  return Array.from({ length: 100 }, (_, index) => Number(hundreds) * 100 + index).filter(status => status !== 500)
}

async function send({ url }: TestServer, { parts, cut }: FuzzCase): Promise<{ statuses: number[]; problem?: string }> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1")
  let answer = ""
  socket.setEncoding("latin1").on("data", data => {
    answer += data
  })
  socket.on("error", () => {})
  const closed = new Promise(resolve => socket.once("close", resolve))
  for (const [index, part] of parts.entries()) {
    if (index > 0) await wait(pauseMs)
    if (part.length > 0 && socket.writable) socket.write(part)
  }
  if (cut) {
    await wait(pauseMs)
    socket.destroy()
  }
  const late = new AbortController()
  const inTime = await Promise.race([
    closed.then(() => true),
    wait(mostMs, false, { signal: late.signal }).catch(() => false),
  ])
  late.abort()
  socket.destroy()
  const found = [...answer.matchAll(/(?:^|[\r\n}])HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  const statuses = found.filter(status => status !== 100)
  const answered = statuses.length > 0 ? statuses : [0]
  return inTime
    ? { statuses: answered }
    : { statuses: answered, problem: `must be answered, and closed, within ${mostMs} ms` }
}

/** Returns when no request is under way, and what nobody needs is gone. */
async function settle({ url }: TestServer): Promise<void> {
  setFlagsFromString("--expose-gc")
  const gc = runInNewContext("gc") as () => void
  const untilMs = performance.now() + 60_000
  const underWay = async () => {
    const text = await (await fetch(`${url}/metrics`, { headers: { connection: "close" } })).text()
    return !text.includes("valence_http_texts_under_way 0\n")
  }
  while ((await underWay()) && performance.now() < untilMs) await wait(50)
  await wait(400)
  gc()
  await wait(50)
  gc()
}

const heapMb = () => Math.round(process.memoryUsage().heapUsed / 1e5) / 10

const socketsOpen = () => process.getActiveResourcesInfo().filter(kind => kind === "TCPSocketWrap").length
