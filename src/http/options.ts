import { count, type Given, longestTimerMs, text, toggle } from "../declaration.ts"
import { scaleOptions } from "../queue/status/scale-options.ts"

/** How a server answers, and whom. */
export const serverOptions = {
  port: count({
    default: 8080,
    min: 0,
    max: 65_535,
    unit: "port",
    env: "VALENCE_HTTP_PORT",
    help: "port of the API and the page; 0 takes a free one",
  }),
  host: text({
    default: "127.0.0.1",
    unit: "host",
    env: "VALENCE_HTTP_HOST",
    help: "address that the port is on; 0.0.0.0 for all",
  }),
  apiKeysFile: text({
    default: undefined,
    unit: "file",
    env: "VALENCE_API_KEYS_FILE",
    help: "file of API keys, one a line, NAME:KEY or KEY; VALENCE_API_KEYS has them too, with commas between (default: no key is asked for)",
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
    help: "most requests of a key, or where there are none of an address (default: no limit)",
  }),
  corsOrigin: text({
    default: undefined,
    unit: "origin",
    env: "VALENCE_CORS_ORIGIN",
    help: "pages of this origin may call the API, * for all; several with commas between (default: none)",
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
    help: "corpora that are labelled at a time; one more is refused (503)",
  }),
  maxFileBytes: count({
    default: 67_108_864,
    min: 1,
    unit: "bytes",
    help: "a larger file of a batch is refused (413)",
  }),
  maxStoredBytes: count({
    default: 268_435_456,
    min: 1,
    unit: "bytes",
    env: "VALENCE_MAX_STORED_BYTES",
    help: "a file of a batch is refused (413) where Redis would hold more of them, everybody's together, outputs too",
  }),
  keepFileSeconds: count({
    default: 172_800,
    min: 1,
    max: 31_536_000,
    unit: "seconds",
    help: "how long a file of a batch is kept, and a batch that has ended",
  }),
  bodyTimeoutMs: count({
    default: 30_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a body that takes longer to arrive is refused (408); a stream may, unless its client neither sends nor takes for so long",
  }),
  answerTimeoutMs: count({
    default: 60_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a request that takes longer is given up (504); streams may take longer",
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
    help: "how long a server that stops waits for the requests under way",
  }),
  unreadySeconds: count({
    default: 0,
    min: 0,
    max: Math.floor(longestTimerMs / 1000),
    unit: "seconds",
    help: "how long a server that stops says so at /readyz before it takes no more connections",
  }),
  webhookSecret: text({
    default: undefined,
    unit: "secret",
    env: "VALENCE_WEBHOOK_SECRET",
    help: "signs webhooks; better in the environment than on a command line (default: webhooks are refused)",
  }),
  allowPrivateWebhooks: toggle({ help: "send webhooks to private addresses too, the server's own network among them" }),
  logTexts: toggle({ help: "write the texts of requests to the log" }),
  waitForWorkers: toggle({
    env: "VALENCE_WAIT_FOR_WORKERS",
    help: "with --redis: let requests wait where no worker lives, for a fleet that scales from zero (default: 503 at once)",
  }),
  ...scaleOptions,
  trustProxy: toggle({ help: "believe X-Forwarded-For: only where a proxy of yours stands in front" }),
} as const

/** What `createServer` takes. */
export type ServerOptions = Given<typeof serverOptions>
