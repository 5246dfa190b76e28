import type { Lane } from "../labeller.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"

/*
 * Jobs that are active though no worker has them, found at once where BullMQ would wait until their locks ran out and then
 * for two checks: those that Redis gave this worker in an answer that was lost, and those whose lock ran out while Redis
 * was away. A job that this worker has keeps its lock, or gets it again. BullMQ moves a job and locks it in one script, so
 * an active job without a lock has no worker.
 */
const script = `
local base, worker, lockMs = ARGV[1], ARGV[2], ARGV[3]
local held = {}
for i = 4, #ARGV, 2 do held[ARGV[i]] = ARGV[i + 1] end
local left = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local lockKey = base .. ':' .. id .. ':lock'
  local lock = redis.call('GET', lockKey)
  if not lock then
    lock = held[id] or worker .. ':left'
    redis.call('SET', lockKey, lock, 'PX', lockMs)
    redis.call('SREM', KEYS[2], id)
  end
  if not held[id] and string.sub(lock, 1, #worker + 1) == worker .. ':' then
    left[#left + 1] = id
    left[#left + 1] = lock
  end
end
return left
`

type WithCommand = { valenceReclaim(...args: (string | number)[]): Promise<string[]> }

/** What is needed of a worker of BullMQ. */
export interface Claimant {
  readonly id: string
  /** The jobs that it has, with the tokens of their locks. */
  readonly held: ReadonlyMap<string, string>
}

/** Gives jobs that no worker has back to a lane's queue: they are taken next. */
export async function reclaimJobs(queues: JobQueues, lane: Lane, worker: Claimant, lockMs: number): Promise<void> {
  const { redis } = queues
  if (!("valenceReclaim" in redis)) redis.defineCommand("valenceReclaim", { numberOfKeys: 2, lua: script })
  const base = queues.keyOf(lane)
  const held = [...worker.held].flat()
  const command = redis as unknown as WithCommand
  const left = await command.valenceReclaim(`${base}:active`, `${base}:stalled`, base, worker.id, lockMs, ...held)
  // A job that was on its way when the script ran has arrived before the script's answer.
  await new Promise(resolve => setImmediate(resolve))
  const backend = queues.of(lane).getBackend()
  for (let index = 0; index < left.length; index += 2) {
    const [id = "", token = ""] = left.slice(index, index + 2)
    if (!worker.held.has(id)) await backend.moveJobFromActiveToWait(id, token)
  }
}
