import type { Command } from "commander"
import { readOption } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import { classifierOptions } from "../options.ts"
import { redisOptions } from "../queue/redis/redis-options.ts"
import { flagOf } from "./declared-options.ts"
import { serverFleetOptions } from "./open-labeller.ts"

/** Chunks under way through a fleet, unless the command line says: enough for several workers. */
const fleetChunks = 64

type Given = Readonly<Record<string, unknown>>

/** The URL that a command was given, by `--redis`, its variable, or `--fleet`. */
function redisOf(given: Given, env: NodeJS.ProcessEnv): unknown {
  const { env: variable = "" } = redisOptions.redis
  if (given["fleet"] !== true) return given["redis"]
  if (given["redis"] !== undefined)
    throw new ValenceError("option_invalid", "--fleet and --redis must not be given together: one names the Redis")
  if (env[variable] === undefined)
    throw new ValenceError("option_invalid", `--fleet needs the URL of a Redis in the variable ${variable}`)
  return readOption(variable, redisOptions.redis, env[variable])
}

/**
 * What a command was given, with the defaults of a run through a fleet if it was given a Redis.
 *
 * @throws ValenceError `option_invalid` for a flag that would do nothing: workers choose their model, and only a fleet has
 * priorities
 */
export function withFleetDefaults(given: Given, command: Command, env: NodeJS.ProcessEnv = process.env): Given {
  const wasGiven = (name: string) => command.getOptionValueSource(name) === "cli"
  const redis = redisOf(given, env)
  const toFleet = redis !== undefined
  const from = wasGiven("redis") || given["fleet"] === true ? "--redis" : (redisOptions.redis.env as string)
  for (const name of Object.keys(toFleet ? classifierOptions : serverFleetOptions))
    if (name !== "redis" && wasGiven(name)) {
      const rule = toFleet ? `must not be given with ${from}: the workers decide` : "must be given with --redis alone"
      throw new ValenceError("option_invalid", `${flagOf(name)} ${rule}; got ${String(given[name])}`)
    }
  const known = { ...given, redis }
  return toFleet && !wasGiven("maxChunks") ? { ...known, maxChunks: fleetChunks } : known
}
