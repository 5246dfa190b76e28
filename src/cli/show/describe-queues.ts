import Table from "cli-table3"
import type { LaneStatus, QueueStatus } from "../../queue/status/queue-status.ts"
import { showLine } from "./show-line.ts"
import { showCount, showDuration } from "./show-numbers.ts"

const plain = { head: [], border: [] }

/** Lanes, dead letters, workers and backlog, as a person reads them. */
export function describeStatus(status: QueueStatus): string {
  const { workers, deadLetters, textsPerSecond } = status
  const letters = deadLetters === 0 ? "none" : `${showCount(deadLetters)}, see valence dead list`
  const fleet = workers.length === 1 ? "1 worker" : `${showCount(workers.length)} workers`
  return [
    describeLanes(status),
    `dead letters: ${letters}`,
    ...(workers.length === 0
      ? ["no worker listens: start one with valence work"]
      : [describeWorkers(status), `fleet: ${fleet}, ${showCount(textsPerSecond)} texts/s`]),
    `backlog: ${describeBacklog(status)}`,
  ].join("\n")
}

/** One line of JSON. */
export function statusJson(status: QueueStatus): string {
  return JSON.stringify(status)
}

function describeLanes({ lanes }: QueueStatus): string {
  const head = [
    "lane",
    "waiting",
    "active",
    "delayed",
    "failed",
    "waiting texts\n(estimated)",
    "oldest\nwaiting",
    "paused",
  ]
  const table = new Table({ head, style: plain })
  for (const { lane, paused, ...depth } of lanes)
    table.push([
      lane,
      showCount(depth.waitingJobs),
      showCount(depth.activeJobs),
      showCount(depth.delayedJobs),
      showCount(depth.failedJobs),
      showCount(depth.waitingTexts),
      depth.waitingJobs === 0 ? "" : showDuration(depth.oldestWaitingSeconds * 1000),
      paused ? "yes" : "no",
    ])
  return table.toString()
}

function describeWorkers({ workers }: QueueStatus): string {
  const table = new Table({ head: ["host", "pid", "model", "device", "texts/s", "tokens/s"], style: plain })
  for (const { host, pid, model, device, textsPerSecond, tokensPerSecond } of workers)
    table.push([
      showLine(host),
      pid,
      showLine(`${model.name} ${model.dtype} ${model.revision}`),
      showLine(device),
      showCount(textsPerSecond),
      tokensPerSecond === 0 ? "not known" : showCount(tokensPerSecond),
    ])
  return table.toString()
}

function describeBacklog({ lanes, workers, workerTokensPerSecond, backlogSeconds }: QueueStatus): string {
  const isEmpty = ({ waitingJobs, delayedJobs }: LaneStatus) => waitingJobs + delayedJobs === 0
  if (lanes.every(isEmpty)) return "nothing waits"
  if (lanes.every(lane => isEmpty(lane) || lane.paused)) return "none, what waits is paused"
  if (workerTokensPerSecond === undefined) return "unknown: no worker has reported its tokens/s yet"
  const time = showDuration(backlogSeconds * 1000)
  return workers.length === 0 ? `no worker is there; one would need ${time}` : `${time} of work for the fleet`
}
