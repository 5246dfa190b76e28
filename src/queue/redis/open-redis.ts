import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis"
import { within } from "../../aborting.ts"
import { asError, ValenceError } from "../../errors.ts"
import { endForgottenNodes } from "./cluster-nodes.ts"
import { type RedisConnection, type RedisTarget, refusedEvent } from "./connection.ts"
import { redisOptions } from "./redis-options.ts"
import { type RedisSecurity, secured } from "./redis-security.ts"
import { type RedisAddress, readRedisUrl, shownUrl } from "./redis-url.ts"
import { isDemoted, refusalOf } from "./refusal.ts"
import { mindSentinels } from "./sentinels.ts"
import { connectsInTheEnd, settleConnect } from "./settle-connect.ts"
import { endSilence } from "./silence.ts"

/** What a connection does when Redis is not well. */
export interface ConnectionOptions {
  /** How long an answer may be due before the connection is closed and opened again. */
  readonly silenceMs: number
  /** Whether commands that a former master refuses are sent again until there is a master; otherwise they are rejected. */
  readonly patient: boolean
}

/** Longest time between two attempts to connect. */
const maxRetryMs = 2000
/** A server that was left for its refusals a moment ago is most likely still there. */
const soonMs = 10_000

/** Backs off exponentially, with jitter, so that a fleet does not come back all at once. */
const retryStrategy = (times: number) => Math.min(maxRetryMs, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2)

/** What every connection needs: commands wait for Redis to come back, however long that takes. */
const connectionOptions = {
  maxRetriesPerRequest: null,
  enableReadyCheck: true,
  lazyConnect: true,
  // A connection that is let go keeps its process for this long, ms.
  disconnectTimeout: 200,
  // How often to ask a Redis that loads its data whether it is done, ms.
  maxLoadingRetryTime: 1000,
  // Sentinels announce a new master on connections of their own.
  failoverDetector: true,
  sentinelMaxConnections: 3,
  sentinelReconnectStrategy: () => 5000,
} satisfies RedisOptions

/** What a Cluster needs so that commands wait for its failovers too. */
const clusterOptions = {
  lazyConnect: true,
  clusterRetryStrategy: retryStrategy,
  maxRedirections: Number.MAX_SAFE_INTEGER,
  retryDelayOnMoved: 20,
  retryDelayOnFailover: 200,
  retryDelayOnClusterDown: 200,
  slotsRefreshTimeout: 2000,
} satisfies ClusterOptions

type RetryStrategy = RedisOptions["retryStrategy"]

/**
 * How a connection leaves a server that became a replica, for the master that has the same address by then.
 *
 * @param onDemoted - gets each refusal
 * @param retry - when to connect again in all other cases
 */
function leavesReplicas(patient: boolean, onDemoted: (error: Error) => void, retry: RetryStrategy = retryStrategy) {
  let [times, lastMs] = [0, -Infinity]
  return {
    reconnectOnError(error: Error): false | 1 | 2 {
      if (!isDemoted(error)) return false
      lastMs = performance.now()
      onDemoted(error)
      // 2 sends the command again: what was refused changed nothing.
      return patient ? 2 : 1
    },
    // A connection that was ready counts its attempts from 1 again, also if it was refused at once.
    retryStrategy(attempts: number): ReturnType<NonNullable<RetryStrategy>> {
      times = performance.now() - lastMs < soonMs ? times + 1 : 0
      return retry?.(Math.max(attempts, times))
    },
  }
}

function createConnection(
  target: RedisAddress | RedisConnection,
  { silenceMs, patient }: ConnectionOptions,
): RedisConnection {
  const leaving = (retry?: RetryStrategy) =>
    leavesReplicas(patient, error => connection.emit(refusedEvent, error), retry)
  const times = { connectTimeout: silenceMs, sentinelCommandTimeout: silenceMs }
  const connection = "kind" in target ? fromAddress(target, { ...times, ...leaving() }) : copyOf(target, leaving)
  const guard = (open: RedisConnection): RedisConnection => {
    endSilence(open, silenceMs)
    if (open.isCluster) {
      tellClusterDown(open as Cluster, error => connection.emit(refusedEvent, error))
      followSlots(open as Cluster)
      endForgottenNodes(open as Cluster)
      settleConnect(open as Cluster)
    } else mindSentinels(open as Redis)
    const duplicate = open.duplicate.bind(open) as (...how: unknown[]) => RedisConnection
    // BullMQ makes copies to wait for jobs on.
    Object.assign(open, { duplicate: (...how: unknown[]) => connectsInTheEnd(guard(duplicate(...how))) })
    return open
  }
  return guard(connection)
}

/** What ioredis calls with each error of a command to a Cluster, to decide what becomes of it. */
type HandleError = Cluster["handleError"]

/** ioredis sends a command again for as long as its slot has no master, and keeps the reason to itself. */
function tellClusterDown(cluster: Cluster, tell: (error: Error) => void): void {
  const handleError: HandleError = cluster.handleError.bind(cluster)
  const telling: HandleError = (error, ...how) => {
    if (refusalOf(error)?.code === "CLUSTERDOWN") tell(error)
    handleError(error, ...how)
  }
  Object.assign(cluster, { handleError: telling })
}

/** How often a Cluster is asked which nodes it has. */
const refreshEveryMs = 5000

/**
 * Keeps a connection that sends nothing, such as one that listens, at nodes that are there. ioredis's own
 * `slotsRefreshInterval` may continue after the connection has ended, and would keep the process for ever.
 */
function followSlots(cluster: Cluster): void {
  let timer: NodeJS.Timeout | undefined
  cluster.on("ready", () => {
    clearInterval(timer)
    timer = setInterval(() => cluster.refreshSlotsCache(), refreshEveryMs).unref()
  })
  for (const over of ["close", "end"]) cluster.on(over, () => clearInterval(timer))
}

function fromAddress(address: RedisAddress, options: RedisOptions): RedisConnection {
  if (address.kind === "server") return new Redis({ ...address.options, ...connectionOptions, ...options })
  const { maxRetriesPerRequest, disconnectTimeout, maxLoadingRetryTime } = connectionOptions
  const { connectTimeout } = options
  const ours = {
    maxRetriesPerRequest,
    disconnectTimeout,
    maxLoadingRetryTime,
    ...(connectTimeout && { connectTimeout }),
  }
  return new Cluster(address.nodes, {
    ...clusterOptions,
    redisOptions: { ...address.options.redisOptions, ...ours },
  })
}

/** A copy of a caller's connection: what the caller chose stays. */
function copyOf(target: RedisConnection, leaving: (retry: RetryStrategy) => Partial<RedisOptions>): RedisConnection {
  const { maxRetriesPerRequest } = connectionOptions
  if (target.isCluster) {
    const { redisOptions, clusterRetryStrategy } = (target as Cluster).options
    const theirs = {
      redisOptions: { ...redisOptions, maxRetriesPerRequest },
      ...(clusterRetryStrategy && { clusterRetryStrategy }),
    }
    return (target as Cluster).duplicate([], { ...clusterOptions, ...theirs })
  }
  const { options } = target as Redis
  const detector = { failoverDetector: options.sentinels != null }
  const ours = options.reconnectOnError ? {} : leaving(options.retryStrategy)
  return (target as Redis).duplicate({ lazyConnect: true, maxRetriesPerRequest, ...detector, ...ours })
}

/** How a target is called in messages; without a password. */
export function targetName(target: RedisTarget): string {
  if (typeof target === "string") return shownUrl(target)
  return target.isCluster
    ? "the Redis Cluster given"
    : `${(target as Redis).options.host}:${(target as Redis).options.port}`
}

/**
 * Opens a connection that is ready to be used; errors that come later are not thrown: commands wait.
 *
 * @throws ValenceError `redis_failed` if Redis does not answer in time, saying why; `redis_invalid` if it has no such
 * database; `option_invalid`
 */
export async function openRedis(
  target: RedisTarget,
  timeoutMs: number,
  {
    silenceMs = redisOptions.redisTimeoutMs.default,
    patient = false,
    security = {},
  }: Partial<ConnectionOptions> & { readonly security?: RedisSecurity } = {},
): Promise<RedisConnection> {
  const address = typeof target === "string" ? await secured(readRedisUrl(target), security) : target
  const connection = createConnection(address, { silenceMs, patient })
  let lastError: Error | undefined
  connection.on("error", error => {
    lastError = asError(error)
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    // The first attempt may fail and the next succeed: what counts is whether Redis answers in time.
    connection.connect().catch((error: unknown) => {
      lastError ??= asError(error)
    })
    await Promise.race([connection.ping(), late])
    if (!connection.isCluster) await requireDatabase(connection as Redis)
    return connection
  } catch (error) {
    connection.disconnect()
    if (error instanceof ValenceError) throw error
    const cause = lastError ?? asError(error)
    const message = `Redis must answer at ${targetName(target)}; got ${cause.message || asError(error).message}`
    throw new ValenceError("redis_failed", message, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** @throws ValenceError `redis_invalid` if Redis has no such database: ioredis would continue in database 0 */
async function requireDatabase(connection: Redis): Promise<void> {
  const { db } = connection.options
  if (!db) return
  await connection.select(db).catch((cause: unknown) => {
    throw new ValenceError("redis_invalid", `redis has no database ${db} that may be used: ${asError(cause).message}`, {
      cause,
    })
  })
}

/** How long Redis may take to say goodbye. */
const quitMs = 1000

/** Lets go of a connection: commands under way get their answer where Redis is there, and answers. */
export async function closeRedis(connection: RedisConnection): Promise<void> {
  if (connection.status === "ready" || connection.status === "connect") await within(quitMs, connection.quit())
  connection.disconnect()
}
