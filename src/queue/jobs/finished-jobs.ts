/*
 * How a job ended, for many jobs in one call. BullMQ 6 keeps a job as a hash, `finishedOn` in it once it is finished, and
 * its id in the sorted set `completed` or `failed`; a finished job has no lock and stands in no other list.
 */
import type { RedisConnection } from "../redis/connection.ts"

const script = `
local mode, base = ARGV[1], KEYS[1]
local outcomes = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local key = base .. ':' .. id
  local job = redis.call('HMGET', key, 'finishedOn', 'returnvalue', 'failedReason', 'valence:discarded')
  if job[4] and (mode == 'peek' or mode == 'discard') then
    outcomes[i - 1] = {'missing'}
  elseif job[1] then
    if job[2] then
      outcomes[i - 1] = (mode == 'drop' or mode == 'discard') and {'completed'} or {'completed', job[2]}
    else
      outcomes[i - 1] = {'failed', job[3] or ''}
    end
    if mode ~= 'peek' and not (mode == 'drop-failed' and job[2]) then
      redis.call('DEL', key, key .. ':logs')
      redis.call('ZREM', job[2] and KEYS[2] or KEYS[3], id)
    end
  elseif redis.call('EXISTS', key) == 1 then
    if mode == 'discard' then redis.call('HSET', key, 'valence:discarded', '1') end
    outcomes[i - 1] = {(mode == 'take' and job[4]) and 'discarded' or 'pending'}
  else
    outcomes[i - 1] = {'missing'}
  end
end
return outcomes
`

/** The state of a job. */
export type Standing =
  | { readonly state: "completed"; readonly returnValue: string }
  | { readonly state: "failed"; readonly failedReason: string }
  /** Waiting, delayed or active. */
  | { readonly state: "pending" }
  /** Pending, and missing to those who peek. */
  | { readonly state: "discarded" }
  | { readonly state: "missing" }

/**
 * `peek` leaves finished jobs, `take` removes them as it reads them, `drop` removes them without their return values,
 * `drop-failed` removes failed ones alone. `discard` removes them as `drop` does, and from then on pending ones are missing to those who
 * peek: the reader removes them when they are finished.
 */
export type FinishedMode = "peek" | "take" | "drop" | "drop-failed" | "discard"

/** Jobs in one call of the script, which holds up everybody else: some ms at most. */
const maxJobs = 100

type WithCommand = { valenceFinished(...args: string[]): Promise<[Standing["state"], string?][]> }

/**
 * Where jobs of a queue stand.
 *
 * @param queueKey - `<prefix>:<queue>`
 * @returns one for each id, in order
 */
export async function finishedJobs(
  redis: RedisConnection,
  queueKey: string,
  ids: readonly string[],
  mode: FinishedMode,
): Promise<Standing[]> {
  if (!("valenceFinished" in redis)) redis.defineCommand("valenceFinished", { numberOfKeys: 3, lua: script })
  const command = redis as unknown as WithCommand
  const standings: Standing[] = []
  for (let from = 0; from < ids.length; from += maxJobs) {
    const part = ids.slice(from, from + maxJobs)
    const outcomes = await command.valenceFinished(
      queueKey,
      `${queueKey}:completed`,
      `${queueKey}:failed`,
      mode,
      ...part,
    )
    for (const [state, text = ""] of outcomes)
      standings.push(
        state === "completed"
          ? { state, returnValue: text }
          : state === "failed"
            ? { state, failedReason: text }
            : { state },
      )
  }
  return standings
}
