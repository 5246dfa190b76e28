/**
 * Memory of `valence label`, `serve` and `work` at their peaks, by process, next to the peers':
 *
 *   npm run bench process-memory -- [--rows 20000] [--texts FILE] [--no-python]
 *
 * From /proc/PID/smaps_rollup, sampled while texts are labelled: what is a process's own (Private_Dirty), and its proportional share (PSS), which
 * counts a page that N processes share as an Nth of it. The sum of the shares of all processes is what the system needs.
 */
import { readFileSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readFlags } from "../test/read-flags.ts"
import { createProducer } from "./built.ts"
import { writeCorpus } from "./corpus/write-corpus.ts"
import { startBenchRedis } from "./fleet/bench-redis.ts"
import { BenchWorker } from "./fleet/start-work.ts"
import { machine, printHead, printTable, textsFor } from "./harness.ts"
import { BenchClient } from "./http/bench-client.ts"
import { BenchServer } from "./http/start-serve.ts"
import { pythonPeers } from "./peers/engines.ts"
import { bundledCheckpoint, exportOf } from "./peers/peer-folders.ts"
import { PeerProcess } from "./peers/peer-process.ts"
import { runCli } from "./run-cli.ts"

const SAMPLE_MS = 50
const TEXTS_A_REQUEST = 64
/** One way to use each engine: the others run the same libraries over the same weights. */
const PEERS = ["usual int8", "usual fp32", "latency int8", "latency fp32", " fp32"]
const PEER_BATCH = { batchSize: 32, sorted: true }

const { values: flags } = readFlags({
  options: {
    texts: { type: "string" },
    rows: { type: "string", default: "20000" },
    "no-python": { type: "boolean", default: false },
    json: { type: "string" },
  },
})

/** What a process has, MiB. */
interface Held {
  readonly privateMiB: number
  readonly pssMiB: number
}

/** What is told of one or more processes. */
interface Row extends Held {
  readonly what: string
  readonly processes: number
}

/** The peaks of a process and of all that it starts, each at its own peak. */
class ProcessMemory {
  readonly #peaks = new Map<number, Held>()
  readonly #root: number
  readonly #timer: NodeJS.Timeout

  constructor(root: number) {
    this.#root = root
    this.#timer = setInterval(() => this.#sample(root), SAMPLE_MS)
  }

  /** The rows of what was seen: the main process, and its children together. */
  stop(name: string): Row[] {
    clearInterval(this.#timer)
    const children = [...this.#peaks].filter(([pid]) => pid !== this.#root).map(([, held]) => held)
    const sum = (of: (held: Held) => number) => children.reduce((all, held) => all + of(held), 0)
    const main = this.#peaks.get(this.#root) ?? { privateMiB: 0, pssMiB: 0 }
    const together = { privateMiB: sum(held => held.privateMiB), pssMiB: sum(held => held.pssMiB) }
    return [
      { what: children.length > 0 ? `${name}, main process` : name, processes: 1, ...main },
      ...(children.length > 0 ? [{ what: `${name}, device children`, processes: children.length, ...together }] : []),
    ]
  }

  #sample(pid: number): void {
    const [held, before] = [heldBy(pid), this.#peaks.get(pid)]
    if (held !== undefined)
      this.#peaks.set(pid, {
        privateMiB: Math.max(held.privateMiB, before?.privateMiB ?? 0),
        pssMiB: Math.max(held.pssMiB, before?.pssMiB ?? 0),
      })
    for (const child of readProc(pid, `task/${pid}/children`).split(" ").filter(Boolean)) this.#sample(Number(child))
  }
}

function heldBy(pid: number): Held | undefined {
  const rollup = readProc(pid, "smaps_rollup")
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? 0) / 1024
  return rollup === "" ? undefined : { privateMiB: mib("Private_Dirty"), pssMiB: mib("Pss") }
}

/** A process may end meanwhile. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    return ""
  }
}

const rowCount = Number(flags.rows)
const texts = await textsFor(rowCount, flags.texts)
const rows: Row[] = []
printHead(`Memory at its peak while ${rowCount} texts are labelled`, { texts: flags.texts ?? "generated" })

async function measureLabel(dtype: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
  try {
    const file = join(folder, "rows.csv")
    await writeCorpus(file, rowCount, "csv", texts)
    let memory: ProcessMemory | undefined
    await runCli(["label", file, "--force", "--dtype", dtype], [], pid => {
      memory = new ProcessMemory(pid)
    })
    rows.push(...(memory?.stop(`valence label, ${dtype}`) ?? []))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measureServe(): Promise<void> {
  await using server = await BenchServer.valence()
  await using client = new BenchClient(server.url, 4)
  const memory = new ProcessMemory(server.child.pid as number)
  for (let from = 0; from < texts.length; from += 4 * TEXTS_A_REQUEST)
    await Promise.all(
      [0, 1, 2, 3].map(index => {
        const part = texts.slice(from + index * TEXTS_A_REQUEST).slice(0, TEXTS_A_REQUEST)
        return part.length > 0 ? client.label({ texts: part }) : undefined
      }),
    )
  rows.push(...memory.stop("valence serve, int8"))
}

async function measureWork(): Promise<void> {
  await using redis = await startBenchRedis()
  await using worker = await BenchWorker.start(redis.url)
  await using producer = await createProducer({ redis: redis.url })
  const memory = new ProcessMemory(worker.child.pid as number)
  await producer.label(texts, { lane: "bulk" })
  rows.push(...memory.stop("valence work, int8"))
}

async function measurePeers(): Promise<void> {
  const some = texts.slice(0, 256)
  for (const [name, options] of pythonPeers.filter(([, { variant = "", dtype }]) =>
    PEERS.includes(`${variant} ${dtype}`),
  )) {
    try {
      const { peer } = await PeerProcess.start({
        ...options,
        checkpoint: bundledCheckpoint,
        export: exportOf(bundledCheckpoint),
      })
      const memory = new ProcessMemory(peer.pid)
      await peer.label(some, PEER_BATCH)
      // Once more after the last sample that a short run may have missed.
      await new Promise(resolve => setTimeout(resolve, 2 * SAMPLE_MS))
      rows.push(...memory.stop(`${name} ${options.dtype}`))
      await peer.close()
    } catch (error) {
      console.log(`absent: ${name} ${options.dtype}: ${(error as Error).message}`)
    }
  }
}

await measureLabel("int8")
await measureLabel("fp32")
await measureServe()
await measureWork()
if (!flags["no-python"]) await measurePeers()
printTable(
  ["MiB at the peak", "processes", "of its own", "with its share"],
  rows.map(({ what, processes, privateMiB, pssMiB }) => [what, processes, privateMiB.toFixed(0), pssMiB.toFixed(0)]),
)
if (flags.json !== undefined)
  await writeFile(flags.json, JSON.stringify({ machine: machine(), bench: "process-memory", rows }, undefined, 2))
