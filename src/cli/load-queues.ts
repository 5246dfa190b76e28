/**
 * What looks at queues and looks after them; loaded when it is needed: `valence --help` should not wait for BullMQ. Apart
 * from its callers, because TypeScript does not rewrite the path of an import in a function with `using`.
 */
export async function loadQueues() {
  const [{ openQueues }, { queueStatus }, { pauseLanes, resumeLanes }, { drainLanes }] = await Promise.all([
    import("../queue/open-queues.ts"),
    import("../queue/status/queue-status.ts"),
    import("../queue/pause-lanes.ts"),
    import("../queue/drain-lanes.ts"),
  ])
  return { openQueues, queueStatus, pauseLanes, resumeLanes, drainLanes }
}
