/**
 * Loaded into `valence serve` before its program, with --expose-gc: says what the process holds when its parent asks, and ends it with
 * its parent.
 */
import { subscribe } from "node:diagnostics_channel"
import { setTimeout as wait } from "node:timers/promises"

// What a client leaves half sent after an answer is waited for this long; 72 s are too long for a test.
const keepAliveMs = 1000

subscribe("http.server.request.start", ({ server }) => {
  server.keepAliveTimeout = keepAliveMs
})
process.on("message", async () => {
  globalThis.gc()
  await wait(50)
  globalThis.gc()
  const heapMb = Math.round(process.memoryUsage().heapUsed / 1e5) / 10
  const sockets = process.getActiveResourcesInfo().filter(kind => kind === "TCPSocketWrap").length
  process.send({ heapMb, sockets })
})
process.on("disconnect", () => process.exit())
