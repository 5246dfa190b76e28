/**
 * Loaded into `valence serve` before its program, with --expose-gc: says what the process holds when its parent asks, and ends it with
 * its parent.
 */
import { subscribe } from "node:diagnostics_channel"
import { readFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"

// What a client leaves half sent after an answer is waited for this long; 72 s are too long for a test.
const keepAliveMs = 1000

subscribe("http.server.request.start", ({ server }) => {
  server.keepAliveTimeout = keepAliveMs
})
/** CPU time of the thread that answers, ms; of all threads if the system does not tell. */
function cpuMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ")[0]) / 1e6
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
}

// A timer comes late by the turn of the event loop that was under way.
const lookEveryMs = 10
let [lastMs, longestTurnMs] = [cpuMs(), 0]
setInterval(() => {
  const nowMs = cpuMs()
  longestTurnMs = Math.max(longestTurnMs, nowMs - lastMs)
  lastMs = nowMs
}, lookEveryMs)

process.on("message", async () => {
  const longestMs = longestTurnMs
  globalThis.gc()
  await wait(50)
  globalThis.gc()
  const heapMb = Math.round(process.memoryUsage().heapUsed / 1e5) / 10
  const sockets = process.getActiveResourcesInfo().filter(kind => kind === "TCPSocketWrap").length
  // What the collection of garbage took is not the server's.
  ;[lastMs, longestTurnMs] = [cpuMs(), 0]
  process.send({ heapMb, sockets, longestTurnMs: longestMs, thrownIn: [...(globalThis.thrownIn ?? [])] })
})
process.on("disconnect", () => process.exit())
