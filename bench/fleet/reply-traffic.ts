/** Other producers' traffic for `replies.ts`: each labels about `perSecond` texts a second until this process is killed. */
import { setTimeout as sleep } from "node:timers/promises"
import { openLabel, type ReplyKind } from "./reply-labels.ts"

const [redis = "", kind = "valence", producers = "0", perSecond = "1"] = process.argv.slice(2)
// QueueEvents tell of every job, whichever way its producer waits; so many listeners would leave no core to the observer.
const way = kind === "events" ? "channel" : (kind as ReplyKind)
const open = await Promise.all(Array.from({ length: Number(producers) }, () => openLabel(redis, way)))
process.send?.("ready")
await Promise.all(
  open.map(async other => {
    for (;;) await Promise.all([other.label(), sleep(1000 / Number(perSecond))])
  }),
)
