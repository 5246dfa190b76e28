import type { Cluster } from "ioredis"
import type { RedisConnection } from "./connection.ts"

/**
 * Has `connect()` of a Cluster's connection settle.
 *
 * If the Cluster is found down just when the connection gets to it, ioredis connects again by itself and forgets who asked
 * first: that promise would never settle, and a worker of BullMQ that waits for it would take no job any more.
 */
export function settleConnect(cluster: Cluster): void {
  const connect = cluster.connect.bind(cluster)
  Object.assign(cluster, {
    connect: () =>
      new Promise<void>((resolve, reject) => {
        const settle = (how: () => void) => {
          cluster.off("ready", ready).off("end", end)
          how()
        }
        const ready = () => settle(resolve)
        const end = () => settle(() => reject(new Error("Connection is closed.")))
        cluster.on("ready", ready).on("end", end)
        connect().then(ready, (error: unknown) => settle(() => reject(error)))
      }),
  })
}

/**
 * A connection whose `connect()` waits for the attempt that succeeds, and rejects only if ioredis makes no more. BullMQ gives up a
 * copy for good if its first attempt fails: its worker would never take a job, and report nothing. For a Cluster, `settleConnect` does
 * that.
 */
export function connectsInTheEnd(connection: RedisConnection): RedisConnection {
  const connect = connection.connect.bind(connection)
  const untilReady = async () => {
    try {
      await connect()
    } catch (error) {
      if (connection.status === "ready") return
      if (connection.status === "end" || connection.isCluster) throw error
      await new Promise<void>((resolve, reject) => {
        connection.once("ready", resolve)
        connection.once("end", () => reject(error))
      })
    }
  }
  return Object.assign(connection, { connect: untilReady })
}
