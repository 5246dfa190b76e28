import { Redis } from "ioredis"
import { describe, expect, inject, it } from "vitest"
import { namedRedis } from "./named-redis.ts"
import { openTestRedis, type RedisPlaces, type TestRedis } from "./test-redis.ts"

type Place = keyof RedisPlaces

/** Places of which some have a Redis, and which of them were asked. */
function fakePlaces(...having: readonly Place[]): { places: RedisPlaces; asked: Place[] } {
  const asked: Place[] = []
  let isInstalled = having.includes("installed")
  const redis = (place: Place, has: boolean): TestRedis | undefined => {
    asked.push(place)
    return has ? { url: `redis://${place}`, origin: place, stop: async () => {} } : undefined
  }
  const places: RedisPlaces = {
    named: async () => redis("named", having.includes("named")),
    installed: async () => redis("installed", isInstalled),
    contained: async () => redis("contained", having.includes("contained")),
    async install() {
      asked.push("install")
      isInstalled = having.includes("install")
    },
  }
  return { places, asked }
}

describe("openTestRedis", () => {
  it.each<{ having: Place[]; origin: Place; asks: Place[] }>([
    { having: ["named", "installed", "contained", "install"], origin: "named", asks: ["named"] },
    { having: ["installed", "contained", "install"], origin: "installed", asks: ["named", "installed"] },
    { having: ["contained", "install"], origin: "contained", asks: ["named", "installed", "contained"] },
    {
      having: ["install"],
      origin: "installed",
      asks: ["named", "installed", "contained", "install", "installed"],
    },
  ])("$having - takes the first, and asks none after it", async ({ having, origin, asks }) => {
    const { places, asked } = fakePlaces(...having)
    expect(await openTestRedis(places)).toMatchObject({ origin })
    expect(asked).toEqual(asks)
  })

  it("says what to install where there is none", async () => {
    await expect(openTestRedis(fakePlaces().places)).rejects.toThrow(
      /^Tests need a Redis: install redis-server or valkey-server on the PATH, or start Docker, or set REDIS_URL$/,
    )
  })
})

describe("namedRedis", () => {
  it.each([undefined, ""])("%j - is none", async url => {
    expect(await namedRedis(url)).toBeUndefined()
  })

  it("is the one of the URL, which it does not stop", async () => {
    const url = inject("redisUrl")
    const redis = await namedRedis(url)
    expect(redis).toMatchObject({ url, origin: "REDIS_URL of the environment" })
    await redis?.stop()
    expect(await namedRedis(url)).toBeDefined()
  })

  it("rejects one that does not answer, with why", async () => {
    await expect(namedRedis("redis://127.0.0.1:1")).rejects.toThrow(
      /^REDIS_URL must name a Redis that answers; got connect ECONNREFUSED/,
    )
  })
})

describe('inject("redisUrl")', () => {
  it("is a Redis that answers and evicts nothing", async () => {
    const redis = new Redis(inject("redisUrl"))
    expect(await redis.ping()).toBe("PONG")
    expect(await redis.info("memory")).toContain("maxmemory_policy:noeviction")
    redis.disconnect()
  })
})
