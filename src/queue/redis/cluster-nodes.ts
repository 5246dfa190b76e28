import type { Cluster, Redis } from "ioredis"

/**
 * Ends connections to nodes that a Cluster's connection has lost track of.
 *
 * ioredis forgets a node's connection if the node left and came back before its former connection had ended: the end of
 * the former one takes the new one off the list. No one would close that one, and it would keep the process for ever.
 */
export function endForgottenNodes(cluster: Cluster): void {
  const open = new Set<Redis>()
  cluster.on("+node", (node: Redis) => {
    open.add(node)
    node.once("end", () => open.delete(node))
  })
  const endAll = () => {
    for (const node of open) node.disconnect()
  }
  cluster.on("-node", () => {
    const known = new Set(cluster.nodes())
    for (const node of open) if (!known.has(node)) node.disconnect()
  })
  cluster.on("end", endAll)
  // Without a node on its list it never says that it has ended.
  const disconnect = cluster.disconnect.bind(cluster)
  Object.assign(cluster, {
    disconnect(reconnect?: boolean) {
      disconnect(reconnect)
      endAll()
    },
  })
}
