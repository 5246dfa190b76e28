import type { Cluster, Command, Redis } from "ioredis"
import type { RedisConnection } from "./connection.ts"

/** Looks within the time that a connection may be silent. */
const looks = 5

/** What is needed of a socket besides its declared interface: how much is queued to be sent. */
interface Handle {
  readonly _handle?: { readonly writeQueueSize?: number } | null
}

/**
 * Ends connections on which nothing arrives though an answer is due: the server is frozen, or the network lost it without a
 * word. ioredis then connects again, to the server that is there by then, and sends again what had no answer.
 *
 * An idle connection is asked for a PING. A blocking command may take its own time longer. Copies made by `duplicate`, as
 * BullMQ makes them, are watched too.
 *
 * @param limitMs - how long an answer may be due
 */
export function endSilence(connection: RedisConnection, limitMs: number): void {
  if (connection.isCluster) (connection as Cluster).on("+node", (node: Redis) => watch(node, limitMs))
  else watch(connection as Redis, limitMs)
}

function watch(redis: Redis, limitMs: number): void {
  const everyMs = limitMs / looks
  redis.on("connect", () => {
    const { stream } = redis
    // ioredis adds a listener for each command that is refused while the connection is being closed.
    stream.setMaxListeners(0)
    const progress = () => `${stream.bytesRead} ${(stream as Handle)._handle?.writeQueueSize ?? 0}`
    let [last, quiet] = [progress(), 0]
    const look = () => {
      const due = redis.commandQueue.peekFront()?.command as Command | undefined
      const now = progress()
      // Looks are counted, not time: a process that was busy or suspended has not read what arrived.
      quiet = due === undefined || now !== last ? 0 : quiet + 1
      last = now
      if (due === undefined && redis.status === "ready") redis.ping().catch(() => {})
      // How long a blocking command waits is its own affair.
      else if (due !== undefined && quiet * everyMs >= limitMs + (due.extractBlockingTimeout() ?? 0))
        stream.destroy(new Error(`redis did not answer within ${limitMs} ms`))
    }
    const timer = setInterval(look, everyMs).unref()
    stream.once("close", () => clearInterval(timer))
  })
}
