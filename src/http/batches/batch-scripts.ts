/*
 * A batch changes in these two ways alone, each at once. A server that was taken for dead and continues after all changes nothing: it moves
 * a batch only from the state that it believes in. A command that is sent again, because the connection broke, changes nothing either.
 */
import type { RedisConnection } from "../../queue/redis/connection.ts"

/** Moves a batch from one of some statuses to another, and notes when; gives the status that it has then. */
const moveScript = `
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return '' end
if not string.find(' ' .. ARGV[2] .. ' ', ' ' .. status .. ' ', 1, true) then return status end
local seconds = redis.call('TIME')[1]
redis.call('HSET', KEYS[1], 'status', ARGV[1], 'at:' .. ARGV[1], seconds, unpack(ARGV, 4))
if ARGV[3] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return ARGV[1]
`

/** Adds the lines that some lines of the input became after those before them; gives the status, and how many lines are done then. */
const advanceScript = `
local batch = redis.call('HMGET', KEYS[1], 'status', 'done')
if not batch[1] then return {'', '0'} end
if batch[1] ~= 'in_progress' or batch[2] ~= ARGV[1] then return batch end
redis.call('HSET', KEYS[1], 'done', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'completed', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'failed', ARGV[4])
for i, name in ipairs({'output', 'error'}) do
  local part = ARGV[5 + i]
  if part ~= '' then
    local number = redis.call('HINCRBY', KEYS[1], name .. 'Parts', 1) - 1
    redis.call('HSET', KEYS[1 + i], number, part)
    redis.call('HINCRBY', KEYS[1], name .. 'Bytes', #part)
    redis.call('PEXPIREAT', KEYS[1 + i], ARGV[5])
  end
end
return {'in_progress', ARGV[2]}
`

/** A connection that knows the scripts. */
export interface WithBatchScripts {
  valenceMoveBatch(
    key: string,
    to: string,
    from: string,
    ttlSeconds: number,
    ...fields: (string | number)[]
  ): Promise<string>
  valenceAdvanceBatch(
    key: string,
    outputKey: string,
    errorKey: string,
    ...args: (string | number)[]
  ): Promise<[status: string, done: string]>
}

/** Makes the scripts known to a connection. */
export function withBatchScripts(redis: RedisConnection): WithBatchScripts {
  if (!("valenceMoveBatch" in redis)) {
    redis.defineCommand("valenceMoveBatch", { numberOfKeys: 1, lua: moveScript })
    redis.defineCommand("valenceAdvanceBatch", { numberOfKeys: 3, lua: advanceScript })
  }
  return redis as unknown as WithBatchScripts
}
