import { count, type Declaration, longestTimerMs, text } from "../../declaration.ts"
import { redisSchemes, shownUrl } from "./redis-url.ts"

const redisRule =
  "must be a URL: redis://, rediss://, redis+sentinel://HOST:PORT,.../NAME, redis+cluster://HOST:PORT,... or unix:///PATH"

const file = (env: string, help: string) => text({ default: undefined, unit: "file", env, help })

/** What secures a connection, besides what its URL says. */
export const redisSecurityOptions = {
  redisCa: file("VALENCE_REDIS_CA", "PEM file with the CA that signed the certificates of Redis (default: Node's CAs)"),
  redisCert: file("VALENCE_REDIS_CERT", "PEM file with the client's certificate, for a Redis that asks for one"),
  redisKey: file("VALENCE_REDIS_KEY", "PEM file with the key of that certificate"),
  sentinelUsername: text({
    default: undefined,
    unit: "name",
    env: "VALENCE_SENTINEL_USERNAME",
    help: "user of the Sentinels; the URL has the user of the master",
  }),
  sentinelPassword: text({
    default: undefined,
    unit: "password",
    env: "VALENCE_SENTINEL_PASSWORD",
    help: "password of the Sentinels; set it in the environment rather than on a command line",
  }),
} as const

/** Where Redis is, and how Valence's keys begin there. */
export const redisOptions = {
  redis: {
    default: "redis://127.0.0.1:6379",
    unit: "url",
    env: "VALENCE_REDIS",
    help: "redis://[user:password@]host:port[/db]; rediss:// for TLS, redis+sentinel://, redis+cluster://, unix://",
    rule: redisRule,
    read: value => (typeof value === "string" && redisSchemes.test(value) ? value : undefined),
    show: value => (typeof value === "string" ? shownUrl(value) : undefined),
  } as Declaration<string>,
  keyPrefix: text({
    default: "{valence}",
    unit: "prefix",
    env: "VALENCE_KEY_PREFIX",
    help: "prefix of all keys; the braces keep them together on a Redis Cluster",
  }),
  connectTimeoutMs: count({
    default: 5000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "how long Redis may take to answer the first time",
  }),
  redisTimeoutMs: count({
    default: 5000,
    min: 100,
    max: longestTimerMs,
    unit: "ms",
    env: "VALENCE_REDIS_TIMEOUT_MS",
    help: "a connection on which Redis owes an answer for this long is closed and opened again",
  }),
  ...redisSecurityOptions,
} as const
