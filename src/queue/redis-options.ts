import { count, type Declaration, longestTimerMs, text } from "../declaration.ts"

const redisRule =
  "must be a URL: redis://, rediss://, redis+sentinel://HOST:PORT,.../NAME or redis+cluster://HOST:PORT,..."

/** Where Redis is, and under which keys Valence's lie. */
export const redisOptions = {
  redis: {
    default: "redis://127.0.0.1:6379",
    unit: "url",
    env: "VALENCE_REDIS",
    help: "redis://[user:password@]host:port[/db]; rediss:// for TLS, redis+sentinel://, redis+cluster://",
    rule: redisRule,
    read: value =>
      typeof value === "string" && /^(redis|rediss|rediss?\+(sentinel|cluster)):\/\/./.test(value) ? value : undefined,
  } as Declaration<string>,
  keyPrefix: text({
    default: "{valence}",
    unit: "prefix",
    env: "VALENCE_KEY_PREFIX",
    help: "what all keys begin with; the braces keep them together on a Redis Cluster",
  }),
  connectTimeoutMs: count({
    default: 5000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "how long Redis may take to answer at first",
  }),
  redisTimeoutMs: count({
    default: 5000,
    min: 100,
    max: longestTimerMs,
    unit: "ms",
    env: "VALENCE_REDIS_TIMEOUT_MS",
    help: "a connection on which Redis owes an answer for this long is closed and opened again",
  }),
} as const
