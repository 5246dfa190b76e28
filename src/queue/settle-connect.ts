import type { Cluster } from "ioredis"

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
