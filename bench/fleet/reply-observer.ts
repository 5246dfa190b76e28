/**
 * One producer that labels a few texts a second, in a process of its own: for each message from its parent it labels so
 * many, and answers with the CPU time that each of them took it, µs.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { openLabel, type ReplyKind } from "./reply-labels.ts"

const [redis = "", kind = "valence"] = process.argv.slice(2)
const own = await openLabel(redis, kind as ReplyKind)
for (let warmUp = 0; warmUp < 200; warmUp++) await own.label()
process.on("message", async (labels: number) => {
  const before = process.cpuUsage()
  for (let index = 0; index < labels; index++) {
    await own.label()
    await sleep(20)
  }
  const { user, system } = process.cpuUsage(before)
  process.send?.((user + system) / labels)
})
process.send?.("ready")
