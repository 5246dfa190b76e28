import { describe, expect, it } from "vitest"
import { readRedisUrl, shownUrl } from "../../../src/queue/redis/redis-url.ts"

describe("readRedisUrl()", () => {
  it.each([
    ["redis://queue", { host: "queue", port: 6379, db: 0 }],
    ["redis://queue:7000/3", { host: "queue", port: 7000, db: 3 }],
    ["redis://:se%40cret@queue", { host: "queue", port: 6379, db: 0, password: "se@cret" }],
    ["redis://ann:pw@queue/1", { host: "queue", port: 6379, db: 1, username: "ann", password: "pw" }],
    ["rediss://queue:6380", { host: "queue", port: 6380, db: 0, tls: {} }],
    ["redis://:p@ss:w/rd#?@queue", { host: "queue", port: 6379, db: 0, password: "p@ss:w/rd#?" }],
    ["unix:///tmp/redis.sock", { path: "/tmp/redis.sock", db: 0 }],
    ["redis+unix://ann:pw@/tmp/redis.sock?db=2", { path: "/tmp/redis.sock", db: 2, username: "ann", password: "pw" }],
    ["redis://[::1]:7000", { host: "::1", port: 7000, db: 0 }],
  ])("%s - is a server", (url, options) => {
    expect(readRedisUrl(url)).toEqual({ kind: "server", options })
  })

  it("redis+sentinel - is found through its Sentinels", () => {
    expect(readRedisUrl("redis+sentinel://ann:pw@one,two:26380/main/2")).toEqual({
      kind: "server",
      options: {
        username: "ann",
        password: "pw",
        sentinels: [
          { host: "one", port: 26379 },
          { host: "two", port: 26380 },
        ],
        name: "main",
        db: 2,
      },
    })
  })

  it("rediss+cluster - is a Cluster, over TLS", () => {
    expect(readRedisUrl("rediss+cluster://:pw@one:7000,two:7001")).toEqual({
      kind: "cluster",
      nodes: [
        { host: "one", port: 7000 },
        { host: "two", port: 7001 },
      ],
      options: { redisOptions: { password: "pw", tls: {} } },
    })
  })

  it.each([
    ["redis://", "redis must be SCHEME://[user:password@]host:port[/db]; got redis://…"],
    ["redis://queue:0", "redis host must be HOST or HOST:PORT, with a port up to 65535; got redis://queue:0"],
    ["redis://queue:x", "redis host must be HOST or HOST:PORT, with a port up to 65535; got redis://queue:x"],
    [
      "redis://queue/x",
      "redis database must be a number; if the password has a / or an @, write %2F or %40; got redis://queue/x",
    ],
    [
      "redis+cluster://queue/3",
      "redis must name no database: a Redis Cluster has database 0 alone; got redis+cluster://queue/3",
    ],
    ["redis://one,two", "redis must name one host; several are redis+sentinel or redis+cluster; got redis://one,two"],
    [
      "redis+sentinel://one",
      "redis must name the Sentinels' master: redis+sentinel://host:port/NAME; got redis+sentinel://one",
    ],
    [
      "redis://:%zz@queue",
      "redis user and password must be percent-encoded: % is %25, @ is %40, / is %2F; got redis://queue",
    ],
  ])("%s - option_invalid", (url, message) => {
    expect(() => readRedisUrl(url)).toThrow(expect.objectContaining({ code: "option_invalid", message }))
  })
})

describe("shownUrl()", () => {
  it.each([
    ["redis://queue:7000/3", "redis://queue:7000/3"],
    ["redis://:secret@queue", "redis://queue"],
    ["rediss://ann:secret@queue:1", "rediss://queue:1"],
    ["redis://:sec@ret@queue/1", "redis://queue/1"],
    ["redis+sentinel://ann:sec:ret@one,two/main", "redis+sentinel://one,two/main"],
    ["redis://app:s@cret/w#rd%1@host", "redis://host"],
    ["redis://ann:secret@", "redis://…"],
    ["redis://ann:secret", "redis://ann:secret"],
    ["redis://host/secret?x", "redis://…"],
    ["http://ann:secret@host", "…"],
    ["redis//ann:secret@host", "…"],
    ["unix://ann:secret@/tmp/redis.sock?db=1", "unix:///tmp/redis.sock?db=1"],
  ])("%s - shows no password", (url, shown) => {
    expect(shownUrl(url)).toBe(shown)
  })
})
