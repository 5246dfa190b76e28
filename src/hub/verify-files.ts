import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { type HubRecord, hubRecordFile } from "../store/cache.ts"
import { checksumProblem } from "./checksum.ts"

/**
 * Compares the files of a cached checkpoint with the checksums that the hub gave.
 *
 * @returns what is wrong, a line for each file; `undefined` if the folder was not pulled
 */
export async function verifyFiles(folder: string): Promise<string[] | undefined> {
  const json = await readFile(join(folder, hubRecordFile), "utf8").catch(() => undefined)
  if (json === undefined) return undefined
  const problems: string[] = []
  for (const file of (JSON.parse(json) as HubRecord).files) {
    const path = join(folder, file.name)
    const bytes = await stat(path).then(
      found => found.size,
      () => undefined,
    )
    const problem =
      bytes === file.bytes
        ? await checksumProblem(path, file)
        : `must have ${file.bytes} bytes; it has ${bytes ?? "none"}`
    if (problem !== undefined) problems.push(`${path} ${problem}`)
  }
  return problems
}
