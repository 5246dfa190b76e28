import { readdirSync, readFileSync, truncateSync } from "node:fs"
import { join } from "node:path"

/**
 * Cuts the last writes off what a Redis that is gone has in its file: what a power cut leaves of the last second.
 *
 * It cuts between transactions. A tail that is torn within one is read alike at the next start, but Redis 7.0 leaves half
 * of the transaction in the file, and makes it come true at the start after that.
 *
 * @param bytes - that are lost at least, if there are so many
 */
export function loseWrites(folder: string, bytes: number): void {
  const files = join(folder, "appendonlydir")
  for (const name of readdirSync(files).filter(file => file.endsWith(".incr.aof"))) {
    const path = join(files, name)
    const content = readFileSync(path)
    truncateSync(path, lastEnd(content, Math.max(0, content.length - bytes)))
  }
}

/** The end of the last transaction, or command outside of one, that ends at `limit` or before. */
function lastEnd(content: Buffer, limit: number): number {
  let [end, at, inTransaction] = [0, 0, false]
  while (at < limit) {
    const command = readCommand(content, at)
    at = command.end
    if (command.name === "MULTI") inTransaction = true
    if (command.name === "EXEC") inTransaction = false
    if (!inTransaction && at <= limit) end = at
  }
  return end
}

/** A command as RESP has it: `*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n`. */
function readCommand(content: Buffer, start: number): { readonly name: string; readonly end: number } {
  let at = start
  const readCount = () => {
    const end = content.indexOf("\r\n", at)
    const count = Number(content.toString("latin1", at + 1, end))
    // The last command may be torn.
    at = end < 0 ? content.length + 1 : end + 2
    return count
  }
  let name = ""
  const parts = readCount()
  for (let part = 0; part < parts; part++) {
    const bytes = readCount()
    if (part === 0) name = content.toString("latin1", at, at + bytes).toUpperCase()
    at += bytes + 2
  }
  return { name, end: at }
}
