import { createHash } from "node:crypto"
import { once } from "node:events"
import { createReadStream, readFileSync } from "node:fs"
import { type IncomingMessage, request } from "node:http"
import { median } from "../harness.ts"

/** How often the server's memory is looked at. */
const sampleMs = 100

/** What a corpus over HTTP took. */
export interface PostedCorpus {
  /** From the first byte sent to the last received. */
  readonly seconds: number
  /** SHA-256 of the answer. */
  readonly sha256: string
  /** Median resident memory of the server over each third of the time, without its device children, MiB. */
  readonly thirdsMiB: readonly number[]
}

/**
 * Sends a CSV to `POST /v1/corpus`, and reads the answer as it comes.
 *
 * @param pid - of the server
 */
export async function postCorpus(url: string, file: string, rows: number, pid: number): Promise<PostedCorpus> {
  const samples: number[] = []
  const sampling = setInterval(() => samples.push(memoryOf(pid, "VmRSS")), sampleMs)
  const start = performance.now()
  try {
    const sent = request(`${url}/v1/corpus`, { method: "POST", headers: { "content-type": "text/csv" } })
    const answered = once(sent, "response") as Promise<[IncomingMessage]>
    createReadStream(file).pipe(sent)
    const [answer] = await answered
    const hash = createHash("sha256")
    for await (const part of answer) hash.update(part as Buffer)
    const seconds = (performance.now() - start) / 1000
    const { "x-valence-rows": labelled, "x-valence-failed": failed } = answer.trailers
    if (answer.statusCode !== 200 || Number(labelled) !== rows || failed !== "0")
      throw new Error(`${rows} rows must be labelled; status ${answer.statusCode}, ${labelled} rows, ${failed} failed`)
    const third = Math.ceil(samples.length / 3)
    const thirdsMiB = [0, 1, 2].map(index => median(samples.slice(index * third, (index + 1) * third)))
    return { seconds, sha256: hash.digest("hex"), thirdsMiB }
  } finally {
    clearInterval(sampling)
  }
}

/** A process' memory, MiB: what it has, or the most that it had. */
export function memoryOf(pid: number, kind: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  return Number(new RegExp(`${kind}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
}
