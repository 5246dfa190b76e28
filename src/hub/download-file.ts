import { type FileHandle, open, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { ValenceError } from "../errors.ts"
import { outputFailed } from "../files/output-failed.ts"
import type { HubFile } from "../store/cache.ts"
import { checksumProblem } from "./checksum.ts"
import { type Asked, hubFailed, hubRefusal } from "./hub-error.ts"
import type { Hub } from "./open-hub.ts"

/** A file of a commit, and where it is kept. */
export interface Download extends Asked {
  readonly hub: Hub
  readonly url: string
  readonly file: HubFile
  readonly folder: string
  /** Called with the number of bytes that are there. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Downloads a file, and gives it its name once its checksum is right. What is there of it, from before an interruption
 * now or in an earlier process, is not asked for again.
 *
 * @throws ValenceError `hub_failed`, `hub_denied`, `model_not_found`; `output_failed` if it cannot be written
 */
export async function downloadFile(download: Download): Promise<void> {
  const { file, folder, onBytes } = download
  const path = join(folder, file.name)
  if ((await bytesOf(path)) === file.bytes) return onBytes(file.bytes)
  const part = `${path}.part`
  await downloadPart(download, part)
  const problem = await checksumProblem(part, file)
  if (problem !== undefined) {
    await rm(part)
    throw new ValenceError("hub_failed", `${download.what}: ${file.name} ${problem}; it was thrown away, pull again`)
  }
  await rename(part, path)
}

/** Goes on until the part has as many bytes as the file; each time that more came, failures count again. */
async function downloadPart(download: Download, part: string): Promise<void> {
  const backoff = download.hub.backoff()
  let most = await bytesOf(part)
  for (let bytes = most; bytes !== download.file.bytes; bytes = await bytesOf(part)) {
    try {
      await downloadRest(download, part, bytes)
    } catch (error) {
      const there = await bytesOf(part)
      if (there > most) backoff.reset()
      most = Math.max(most, there)
      await backoff.waitOut(hubFailed(error, download))
    }
  }
}

/** Appends to a part what is missing; if the server sends it all, begins again. */
async function downloadRest(
  { hub, url, file, onBytes, ...asked }: Download,
  part: string,
  bytesThere: number,
): Promise<void> {
  // A part that is longer is none of this file.
  const have = bytesThere < file.bytes ? bytesThere : 0
  const headers = { "accept-encoding": "identity", ...(have > 0 && { range: `bytes=${have}-` }) }
  const response = await hub.fetch(url, { headers })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw hubRefusal(response.status, response.headers.get("x-error-message"), asked)
  }
  let bytes = response.status === 206 ? have : 0
  const output = await open(part, bytes > 0 ? "a" : "w").catch(error => {
    throw outputFailed(part, error)
  })
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length
      if (bytes > file.bytes) throw new Error(`${file.name} must have ${file.bytes} bytes; there come more`)
      await append(output, chunk, part)
      onBytes(bytes)
    }
    if (bytes < file.bytes) throw new Error(`${file.name} must have ${file.bytes} bytes; there came ${bytes}`)
  } finally {
    // What came must last longer than a crash: the next process continues after it.
    await output.sync().catch(() => {})
    await output.close()
  }
}

async function append(output: FileHandle, chunk: Uint8Array, part: string): Promise<void> {
  await output.appendFile(chunk).catch(error => {
    throw outputFailed(part, error)
  })
}

async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}
