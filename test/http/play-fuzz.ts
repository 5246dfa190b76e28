import { connect } from "node:net"
import { setTimeout as wait } from "node:timers/promises"
import { type FuzzCase, FuzzRequests, type FuzzRoute, Random } from "./fuzz-requests.ts"
import { type FuzzLook, FuzzServer } from "./start-fuzz-server.ts"

/** How much is played. */
export interface FuzzPlay {
  readonly requests: number
  readonly seed: number
  /** Of a Redis, for a fleet and its jobs. */
  readonly redis: string
  readonly keyPrefix: string
  readonly parallel?: number
  /** Loaded into the server before its program. */
  readonly preload?: string
}

/** What came of it. */
export interface FuzzReport {
  /** Answers by status; 0 for connections that were closed without one. */
  readonly answers: Readonly<Record<number, number>>
  /** What must not be; empty where all is well. */
  readonly problems: readonly string[]
  readonly heapGrowthMb: number
  readonly socketsLeft: number
  /** The slowest answer to `GET /livez` meanwhile. */
  readonly slowestLiveMs: number
  /** CPU time of the longest turn of its event loop. */
  readonly longestTurnMs: number
  /** Where listeners have thrown. */
  readonly thrownIn: readonly string[]
}

/** A server answers, or closes, within this time. */
const mostMs = 120_000
const pauseMs = 20
/** How often it is asked whether the server lives. */
const liveEveryMs = 50
/** What a heap may grow by between two looks of the same process. */
const mostGrowthMb = 20

/** Sends requests of all kinds to a server of its own, in front of a fleet, and looks whether it stays well. */
export async function playFuzz({
  requests,
  seed,
  redis,
  keyPrefix,
  parallel = 8,
  preload,
}: FuzzPlay): Promise<FuzzReport> {
  const problems: string[] = []
  await using server = await FuzzServer.start(redis, keyPrefix, preload)
  const cases = new FuzzRequests(await routesOf(server), new Random(seed))
  const answers: Record<number, number> = {}
  let slowestLiveMs = 0
  const play = async (count: number) => {
    let left = count
    const one = async () => {
      while (left-- > 0 && server.ended === undefined) {
        const fuzz = cases.next()
        const { statuses, problem } = await send(server, fuzz)
        for (const status of statuses) answers[status] = (answers[status] ?? 0) + 1
        const sent = JSON.stringify(
          Buffer.concat([...fuzz.parts])
            .toString("latin1")
            .slice(0, 1000),
        )
        if (problem !== undefined) problems.push(`${fuzz.name}: ${problem}; sent ${sent}`)
        const unknown = statuses.filter(status => status !== 0 && !fuzz.allowed.has(status))
        if (unknown.length > 0)
          problems.push(`${fuzz.name}: answered ${unknown.join(", ")}, which is not documented; sent ${sent}`)
      }
    }
    using live = watchLive(server)
    await Promise.all(Array.from({ length: parallel }, one))
    slowestLiveMs = Math.max(slowestLiveMs, live.slowestMs)
  }
  const before = await settled(server)
  // The first part warms up.
  await play(Math.ceil(requests / 3))
  const warm = server.ended === undefined ? await settled(server) : before
  await play(Math.floor((requests * 2) / 3))
  if (server.ended !== undefined)
    return {
      ...{ answers, problems: [server.ended, ...problems] },
      ...{ heapGrowthMb: 0, socketsLeft: 0, slowestLiveMs: 0, longestTurnMs: 0, thrownIn: [] },
    }
  const after = await settled(server)
  const [heapGrowthMb, socketsLeft] = [after.heapMb - warm.heapMb, after.sockets - before.sockets]
  if (heapGrowthMb > mostGrowthMb)
    problems.push(`the heap must not grow by more than ${mostGrowthMb} MB; it grew by ${heapGrowthMb}`)
  if (socketsLeft > 0) problems.push(`no socket must be left; there are ${socketsLeft}`)
  const alive = await fetch(`${server.url}/readyz`, { headers: { connection: "close" } })
  if (alive.status !== 200) problems.push(`the server must be ready afterwards; it answers ${alive.status}`)
  const longestTurnMs = Math.max(warm.longestTurnMs, after.longestTurnMs)
  const { thrownIn } = after
  return { answers, problems, heapGrowthMb, socketsLeft, slowestLiveMs, longestTurnMs, thrownIn }
}

/** Asks again and again whether the server lives, until it is disposed. */
function watchLive({ url }: FuzzServer): Disposable & { readonly slowestMs: number } {
  let [slowestMs, over] = [0, false]
  const ask = async () => {
    while (!over) {
      const startedMs = performance.now()
      await fetch(`${url}/livez`, { headers: { connection: "close" } }).then(
        answer => answer.text(),
        () => {},
      )
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
      await wait(liveEveryMs)
    }
  }
  void ask()
  return {
    get slowestMs() {
      return slowestMs
    },
    [Symbol.dispose]() {
      over = true
    },
  }
}

async function routesOf({ url }: FuzzServer): Promise<FuzzRoute[]> {
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

async function send({ url }: FuzzServer, { parts, cut }: FuzzCase): Promise<{ statuses: number[]; problem?: string }> {
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

/** What the server holds when no request is under way, and what nobody needs is gone. */
async function settled(server: FuzzServer): Promise<FuzzLook> {
  const untilMs = performance.now() + 5000
  const underWay = async () => {
    const text = await (await fetch(`${server.url}/metrics`, { headers: { connection: "close" } })).text()
    return !text.includes("valence_http_texts_under_way 0\n")
  }
  while ((await underWay()) && performance.now() < untilMs) await wait(50)
  await wait(400)
  return server.look()
}
