/*
 * A server in front of a fleet, as a process of its own, that a fuzz may end: nothing here survives an error that no one catches. Its
 * parent gives it a Redis and a key prefix, and asks how it is.
 */
import { setTimeout as wait } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { createProducer } from "../../src/producer/create-producer.ts"
import { createWorker } from "../../src/worker/worker.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { startTestServer } from "./test-server.ts"

/** What the parent is answered. */
export interface FuzzLook {
  readonly heapMb: number
  readonly sockets: number
}

const [redis = "", keyPrefix = ""] = process.argv.slice(2)
await createWorker({ labeller: plainLabeller(), redis, options: { keyPrefix } })
const producer = await createProducer({ redis, keyPrefix, whenFull: "reject" })
const server = await startTestServer({
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

setFlagsFromString("--expose-gc")
const gc = runInNewContext("gc") as () => void
process.on("message", async () => {
  gc()
  await wait(50)
  gc()
  const heapMb = Math.round(process.memoryUsage().heapUsed / 1e5) / 10
  const sockets = process.getActiveResourcesInfo().filter(kind => kind === "TCPSocketWrap").length
  process.send?.({ heapMb, sockets } satisfies FuzzLook)
})
process.on("disconnect", () => process.exit())
process.send?.({ url: server.url })
