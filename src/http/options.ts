import { count, type Given, longestTimerMs, text, toggle } from "../declaration.ts"
import { scaleOptions } from "../queue/status/scale-options.ts"

/** How a server answers, and whom. */
export const serverOptions = {
  port: count({
    default: 8080,
    min: 0,
    max: 65_535,
    unit: "port",
    noun: "a port number",
    env: "VALENCE_HTTP_PORT",
    help: "port of the API and the page; 0 uses a free one",
  }),
  host: text({
    default: "127.0.0.1",
    unit: "host",
    env: "VALENCE_HTTP_HOST",
    help: "address to listen on; 0.0.0.0 for all",
  }),
  apiKeysFile: text({
    default: undefined,
    unit: "file",
    env: "VALENCE_API_KEYS_FILE",
    help: "file of API keys, one per line, NAME:KEY or KEY; VALENCE_API_KEYS has them too, comma-separated (default: no key is required)",
  }),
  operatorKeysFile: text({
    default: undefined,
    unit: "file",
    env: "VALENCE_OPERATOR_KEYS_FILE",
    help: "file of operator keys, like --api-keys-file: they may also open /queues and /v1/dead-letters, which show the jobs of all keys; VALENCE_OPERATOR_KEYS has them too (default: /queues is off if there are API keys)",
  }),
  rateLimit: count({
    default: undefined,
    min: 1,
    unit: "requests a minute",
    env: "VALENCE_RATE_LIMIT",
    help: "requests per minute per API key, or per address if no keys are set (default: no limit)",
  }),
  corsOrigin: text({
    default: undefined,
    unit: "origin",
    env: "VALENCE_CORS_ORIGIN",
    help: "origin whose pages may call the API, * for all; several comma-separated (default: none)",
  }),
  maxBodyBytes: count({
    default: 10_485_760,
    min: 1,
    unit: "bytes",
    help: "a longer body is refused (413); streams have no limit",
  }),
  maxTexts: count({
    default: 1000,
    min: 1,
    unit: "texts",
    help: "a request with more is refused (413); streams have no limit",
  }),
  maxStreams: count({
    default: 16,
    min: 1,
    unit: "streams",
    help: "streams in progress at a time; one more is refused (503)",
  }),
  maxFileBytes: count({
    default: 67_108_864,
    min: 1,
    unit: "bytes",
    help: "a larger upload is refused (413)",
  }),
  maxStoredBytes: count({
    default: 268_435_456,
    min: 1,
    unit: "bytes",
    env: "VALENCE_MAX_STORED_BYTES",
    help: "an upload is refused (413) if all stored files, outputs included, would be larger",
  }),
  keepFileSeconds: count({
    default: 172_800,
    min: 1,
    max: 31_536_000,
    unit: "seconds",
    help: "how long files, and batches that have ended, are kept",
  }),
  bodyTimeoutMs: count({
    default: 30_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a body that takes longer to arrive is refused (408); a stream is cut off after this time without progress",
  }),
  answerTimeoutMs: count({
    default: 60_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a request that takes longer fails (504); streams may take longer",
  }),
  maxQueueMs: count({
    default: 2000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a request that would wait longer for its turn is refused at once (503)",
  }),
  drainSeconds: count({
    default: 30,
    min: 0,
    max: Math.floor(longestTimerMs / 1000),
    unit: "seconds",
    help: "how long a stopping server waits for running requests",
  }),
  unreadySeconds: count({
    default: 0,
    min: 0,
    max: Math.floor(longestTimerMs / 1000),
    unit: "seconds",
    help: "how long a stopping server reports it at /readyz before it refuses connections",
  }),
  webhookSecret: text({
    default: undefined,
    unit: "secret",
    env: "VALENCE_WEBHOOK_SECRET",
    help: "signs webhooks; set it in the environment rather than on a command line (default: webhooks are refused)",
  }),
  allowPrivateWebhooks: toggle({ help: "send webhooks to private addresses too, including the server's own network" }),
  logTexts: toggle({ help: "write the texts of requests to the log" }),
  waitForWorkers: toggle({
    env: "VALENCE_WAIT_FOR_WORKERS",
    help: "with --redis: let requests wait if no worker lives, for a fleet that scales from zero (default: 503 at once)",
  }),
  ...scaleOptions,
  trustProxy: toggle({ help: "trust X-Forwarded-For: only behind a proxy of your own" }),
} as const

/** What `createServer` takes. */
export type ServerOptions = Given<typeof serverOptions>
