import { type RedisServer, startRedisServer } from "../../test/redis/redis-server.ts"

/** A Redis of its own for a bench, as a fleet has it: every write goes to the append-only file. */
export function startBenchRedis(): Promise<RedisServer> {
  return startRedisServer({ appendOnly: true })
}
