import type { RedisConnection } from "./connection.ts"

const now = `
local valenceTime = redis.call('TIME')
local valenceNow = string.format('%.0f', valenceTime[1] * 1000 + math.floor(valenceTime[2] / 1000))
`

/** Scripts of BullMQ that get the time as an argument, and which one it is. */
const timeArgument: Readonly<Record<string, number>> = {
  moveToActive: 2,
  moveToFinished: 2,
  moveToDelayed: 2,
  retryJob: 2,
  moveStalledJobsToWait: 3,
}

/** Scripts of BullMQ that add a job: they unpack the time from an argument. A time that was asked for stays. */
const addingScripts = ["addStandardJob", "addPrioritizedJob", "addDelayedJob"]

/** How each script of BullMQ begins, and what takes the place of that. */
const plainCall = "local rcall = redis.call"
const mendingCall = `
local rcall = function(command, ...)
  if command ~= 'HINCRBY' then return redis.call(command, ...) end
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    local key, field = ...
    redis.call('HSET', key, field, 0)
    reply = redis.call(command, ...)
  end
  return reply
end
local cjson = { encode = cjson.encode, decode = function(text)
  local isJson, value = pcall(cjson.decode, text)
  if not isJson or type(value) ~= 'table' then value = {} end
  for _, field in ipairs({ 'id', 'queueKey' }) do
    if type(value[field]) ~= 'string' then value[field] = '' end
  end
  return value
end }`

/** Connections whose scripts are adapted. */
const adapted = new WeakSet<RedisConnection>()

/**
 * Adapts the scripts that BullMQ will define on a connection:
 *
 * - The time is that of Redis. Clocks of workers and producers differ, and a worker that is ahead would remove the results of
 *   others, and expire deadlines, too early.
 * - A counter of a job that is not a number, which some other program wrote, counts from 0, and a parent that
 *   cannot be read is none. Otherwise the script ends in its middle, and the job is in no list any more.
 */
export function adaptScripts(redis: RedisConnection): void {
  if (adapted.has(redis)) return
  adapted.add(redis)
  const define = redis.defineCommand.bind(redis)
  redis.defineCommand = (name, definition) =>
    define(name, { ...definition, lua: adaptScript(name.split(":")[0] ?? "", definition.lua) })
}

/** A script of BullMQ as Valence uses it; any other script is unchanged. */
export function adaptScript(name: string, lua: string): string {
  const argument = timeArgument[name]
  if (argument !== undefined) return `${now}ARGV[${argument}] = valenceNow\n${lua.replace(plainCall, mendingCall)}`
  if (addingScripts.includes(name))
    return `${now}${lua.replace("local timestamp = args[4]", "local timestamp = opts['timestamp'] or valenceNow")}`
  return lua
}

/** The time of Redis, ms since 1970. */
export async function redisTimeMs(redis: RedisConnection): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}
