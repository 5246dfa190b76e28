import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync } from "node:fs"
import { Redis } from "ioredis"
import { describe, expect, it } from "vitest"
import { toBeTrue } from "../cli/run-valence.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { findRedisBinary } from "./find-redis-binary.ts"
import { startRedisServer } from "./redis-server.ts"

/** Connects, runs some commands, and disconnects. */
async function ask<Answer>(url: string, commands: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(url, { retryStrategy: null })
  try {
    return await commands(redis)
  } finally {
    redis.disconnect()
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.skipIf(!findRedisBinary())("startRedisServer", () => {
  it("returns when the server answers PING", async () => {
    await using server = await startRedisServer()
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`)
    expect(await ask(server.url, redis => redis.ping())).toBe("PONG")
  })

  it("evicts nothing, and keeps nothing in files but its log", async () => {
    await using server = await startRedisServer()
    const setting = await ask(server.url, redis => redis.config("GET", "maxmemory-policy"))
    expect(setting).toEqual(["maxmemory-policy", "noeviction"])
    await ask(server.url, redis => redis.set("key", "value"))
    await server.kill("SIGTERM")
    expect(readdirSync(server.folder)).toEqual(["redis.log"])
  })

  it("args - overrule what it would set", async () => {
    await using server = await startRedisServer({ args: ["--maxmemory-policy", "allkeys-lru"] })
    const setting = await ask(server.url, redis => redis.config("GET", "maxmemory-policy"))
    expect(setting).toEqual(["maxmemory-policy", "allkeys-lru"])
  })

  it("port - rejects one that is taken, though another server answers there", async () => {
    using folder = new TemporaryFolder()
    await using server = await startRedisServer()
    const starting = startRedisServer({ port: server.port, folder: folder.path })
    await expect(starting).rejects.toThrow(/(redis|valkey)-server must start; it ended: .*Address already in use/s)
    expect(folder.names()).toEqual(["redis.log"])
  })

  it("binary - rejects one that cannot be run, with why", async () => {
    await expect(startRedisServer({ binary: "/nowhere/redis-server" })).rejects.toThrow(
      "/nowhere/redis-server must start; it ended: spawn /nowhere/redis-server ENOENT",
    )
  })

  it("leaves neither server nor folder when its process is killed", async () => {
    const module = new URL("./redis-server.ts", import.meta.url).href
    const script = `const { startRedisServer } = await import(${JSON.stringify(module)})
      const { pid, folder } = await startRedisServer()
      console.log(JSON.stringify({ pid, folder }))`
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script])
    const [line] = await once(child.stdout, "data")
    const { pid, folder } = JSON.parse(String(line))
    expect([runs(pid), existsSync(folder)]).toEqual([true, true])
    child.kill("SIGKILL")
    await toBeTrue(() => !runs(pid) && !existsSync(folder))
  })
})

describe.skipIf(!findRedisBinary())("RedisServer", () => {
  it(".kill() - returns when the process is gone", async () => {
    await using server = await startRedisServer()
    const { pid = 0 } = server
    await server.kill("SIGKILL")
    expect([runs(pid), server.pid]).toEqual([false, undefined])
    await server.kill()
  })

  it(".restart() - keeps port, folder, and what was written before SIGKILL", async () => {
    await using server = await startRedisServer({ appendOnly: true })
    const { url, folder, pid } = server
    await ask(url, redis => redis.set("key", "value"))
    await server.kill("SIGKILL")
    await server.restart()
    expect(await ask(url, redis => redis.get("key"))).toBe("value")
    expect(server).toMatchObject({ url, folder })
    expect(server.pid).not.toBe(pid)
  })

  it(".restart() - has lost everything without appendOnly; kills what runs", async () => {
    await using server = await startRedisServer()
    await ask(server.url, redis => redis.set("key", "value"))
    await server.restart()
    expect(await ask(server.url, redis => redis.exists("key"))).toBe(0)
  })

  it(".stop() - removes its folder, also of a server that hangs", async () => {
    const server = await startRedisServer()
    const { pid = 0, folder } = server
    process.kill(pid, "SIGSTOP")
    await server.stop()
    await server.stop()
    expect([runs(pid), existsSync(folder)]).toEqual([false, false])
  })

  it(".stop() - leaves a folder that it was given", async () => {
    using folder = new TemporaryFolder()
    const server = await startRedisServer({ folder: folder.path })
    await server.stop()
    expect(folder.names()).toEqual(["redis.log"])
  })
})
