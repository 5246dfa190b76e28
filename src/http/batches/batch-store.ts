import { randomBytes } from "node:crypto"
import { keysOf } from "../../queue/jobs/names.ts"
import { redisTimeMs } from "../../queue/redis/adapt-scripts.ts"
import type { RedisConnection } from "../../queue/redis/connection.ts"
import { RequestError } from "../problem.ts"
import { type WithBatchScripts, withBatchScripts } from "./batch-scripts.ts"
import { newFileId, type WrittenParts } from "./files.ts"

/** The one completion window of the API: `24h`. */
const windowMs = 86_400_000

/**
 * The state of a batch.
 *
 * validating: its lines are counted; leaves for in_progress, cancelling or failed
 * in_progress: its lines are labelled; leaves for finalizing, cancelling or failed
 * finalizing: its files are made; leaves for completed or expired
 * cancelling: it is cancelled; leaves for cancelled, when its files are made
 */
export type BatchStatus =
  | "validating"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "failed"
  | "expired"
  | "cancelling"
  | "cancelled"

/** What a batch begins with, and keeps. */
interface BatchOrder {
  readonly owner: string
  readonly inputFile: string
  readonly metadata: Readonly<Record<string, string>> | null
  /** How long its files are kept; default: as long as the server keeps files. */
  readonly keepOutputSeconds?: number | undefined
}

/** Why a batch failed. */
export interface BatchProblem {
  readonly code: string
  readonly message: string
}

/** A batch, as it is now. */
export interface Batch extends BatchOrder {
  readonly id: string
  readonly createdMs: number
  readonly expiresMs: number
  readonly status: BatchStatus
  /** When it entered each of its statuses; seconds since 1970. */
  readonly at: Readonly<Partial<Record<BatchStatus, number>>>
  /** How it ends if it is finalizing. */
  readonly end: "completed" | "expired"
  /** Lines of the input. */
  readonly total: number
  /** Lines that are answered: so far it continues. */
  readonly done: number
  readonly completed: number
  readonly failed: number
  /** What becomes its files. */
  readonly output: WrittenParts
  readonly error: WrittenParts
  readonly problem: BatchProblem | undefined
}

/** What some lines of the input became. */
export interface Advance {
  readonly lines: number
  readonly completed: number
  readonly failed: number
  /** Lines of the output file and of the error file. */
  readonly output: string
  readonly error: string
}

type Fields = Readonly<Record<string, string | undefined>>

/** Batches in Redis, where every server finds them. Their times are by the clock of Redis. */
export class BatchStore {
  readonly #redis: RedisConnection
  readonly #scripts: WithBatchScripts
  readonly #keys: ReturnType<typeof keysOf>
  readonly #keepSeconds: number

  /**
   * @param redis - lent
   * @param keepSeconds - how long a batch is kept when it has ended
   */
  constructor(redis: RedisConnection, keyPrefix: string, keepSeconds: number) {
    this.#redis = redis
    this.#scripts = withBatchScripts(redis)
    this.#keys = keysOf(keyPrefix)
    this.#keepSeconds = keepSeconds
  }

  /** The time by which batches end, ms since 1970. */
  nowMs(): Promise<number> {
    return redisTimeMs(this.#redis)
  }

  /** Makes a batch, to be validated. */
  async create(order: BatchOrder): Promise<Batch> {
    const createdMs = await this.nowMs()
    const id = `batch_${randomBytes(16).toString("hex")}`
    const [output, error] = [newFileId(), newFileId()]
    const about = { ...order, createdMs, expiresMs: createdMs + windowMs, output, error }
    const fields = { about: JSON.stringify(about), status: "validating", done: 0 }
    const key = this.#keys.batch(id)
    await this.#redis
      .multi()
      .hset(key, fields)
      .pexpire(key, windowMs + this.#keepSeconds * 1000)
      .zadd(this.#keys.batches(order.owner), createdMs, id)
      // Not everyone lists theirs.
      .zremrangebyscore(this.#keys.batches(order.owner), 0, createdMs - windowMs - this.#keepSeconds * 1000)
      .pexpire(this.#keys.batches(order.owner), windowMs + this.#keepSeconds * 1000)
      .sadd(this.#keys.openBatches, id)
      .exec()
    return readBatch(id, { ...fields, done: "0" })
  }

  /** A batch as it is now; `undefined` if none exists, or belongs to another key. */
  async read(id: string, owner?: string): Promise<Batch | undefined> {
    const fields = await this.#redis.hgetall(this.#keys.batch(id))
    if (fields["about"] === undefined) return undefined
    const batch = readBatch(id, fields)
    return owner === undefined || batch.owner === owner ? batch : undefined
  }

  /** The state of a batch. */
  async status(id: string): Promise<BatchStatus | undefined> {
    return ((await this.#redis.hget(this.#keys.batch(id), "status")) as BatchStatus | null) ?? undefined
  }

  /** The batches that have not ended, everybody's. */
  async open(): Promise<string[]> {
    const ids = await this.#redis.smembers(this.#keys.openBatches)
    const statuses = await Promise.all(ids.map(id => this.status(id)))
    const isOpen = (_: string, index: number) => statuses[index] !== undefined && !batchHasEnded(statuses[index])
    const gone = ids.filter((id, index) => !isOpen(id, index))
    if (gone.length > 0) await this.#redis.srem(this.#keys.openBatches, ...gone)
    return ids.filter(isOpen)
  }

  /**
   * An owner's batches, the newest first.
   *
   * @param after - the batch before the first
   * @throws RequestError 400 if it is none
   */
  async list(owner: string, limit: number, after: string | undefined): Promise<Batch[]> {
    const key = this.#keys.batches(owner)
    await this.#redis.zremrangebyscore(key, 0, (await this.nowMs()) - windowMs - this.#keepSeconds * 1000)
    const rank = after === undefined ? -1 : await this.#redis.zrevrank(key, after)
    if (rank === null) throw new RequestError(400, `no batch has the id ${after} (after)`)
    const ids = await this.#redis.zrevrange(key, rank + 1, rank + limit)
    const batches = await Promise.all(ids.map(id => this.read(id, owner)))
    return batches.filter(batch => batch !== undefined)
  }

  /**
   * Moves a batch on, if it has one of some statuses.
   *
   * @returns its state then; `undefined` if none exists
   */
  async move(
    id: string,
    from: readonly BatchStatus[],
    to: BatchStatus,
    fields: Readonly<Record<string, string | number>> = {},
  ): Promise<BatchStatus | undefined> {
    const ttl = batchHasEnded(to) ? this.#keepSeconds : 0
    const all = Object.entries(fields).flat()
    const status = await this.#scripts.valenceMoveBatch(this.#keys.batch(id), to, from.join(" "), ttl, ...all)
    return status === "" ? undefined : (status as BatchStatus)
  }

  /**
   * Stores what became of the lines after those that are done.
   *
   * @param done - the lines before
   * @returns whether these lines are stored, by this server or another that does the same
   */
  async advance(batch: Batch, done: number, { lines, completed, failed, output, error }: Advance): Promise<boolean> {
    const keys = [
      this.#keys.batch(batch.id),
      this.#keys.fileParts(batch.output.id),
      this.#keys.fileParts(batch.error.id),
    ] as const
    const expiresMs = batch.expiresMs + this.#keepSeconds * 1000
    const args = [done, done + lines, completed, failed, expiresMs, output, error]
    const [status, now] = await this.#scripts.valenceAdvanceBatch(...keys, ...args)
    return status === "in_progress" && Number(now) >= done + lines
  }
}

/** Whether nothing more becomes of a batch. */
export function batchHasEnded(status: BatchStatus): boolean {
  return status === "completed" || status === "failed" || status === "expired" || status === "cancelled"
}

function readBatch(id: string, fields: Fields): Batch {
  const { output, error, ...about } = JSON.parse(fields["about"] ?? "{}") as BatchOrder &
    Pick<Batch, "createdMs" | "expiresMs"> & { readonly output: string; readonly error: string }
  const number = (name: string) => Number(fields[name] ?? 0)
  const at = Object.entries(fields).filter(([name]) => name.startsWith("at:"))
  return {
    ...about,
    id,
    status: fields["status"] as BatchStatus,
    end: fields["end"] === "expired" ? "expired" : "completed",
    at: Object.fromEntries(at.map(([name, seconds]) => [name.slice(3), Number(seconds)])),
    total: number("total"),
    done: number("done"),
    completed: number("completed"),
    failed: number("failed"),
    output: { id: output, bytes: number("outputBytes"), parts: number("outputParts") },
    error: { id: error, bytes: number("errorBytes"), parts: number("errorParts") },
    problem: fields["problem"] === undefined ? undefined : (JSON.parse(fields["problem"]) as BatchProblem),
  }
}
