import { randomBytes } from "node:crypto"
import { unlessEnded } from "../../aborting.ts"
import { asError, ValenceError } from "../../errors.ts"
import { keysOf } from "../../queue/jobs/names.ts"
import { redisTimeMs } from "../../queue/redis/adapt-scripts.ts"
import type { RedisConnection } from "../../queue/redis/connection.ts"
import { BodyError, RequestError } from "../problem.ts"

/** Bytes per command: Redis answers no one else meanwhile. */
const partBytes = 256 * 1024
/** Parts of an upload between two checks of the stored size. */
const partsPerLook = 16
/** Parts of an unfinished file are removed this long after the last of them. */
const draftSeconds = 3600

/** What a file is for. */
export type FilePurpose = "batch" | "batch_output"

/** A file, as it is listed. */
export interface StoredFile extends WrittenParts {
  /** The name of the API key that it belongs to; empty if there are no keys. */
  readonly owner: string
  readonly filename: string
  readonly purpose: FilePurpose
  readonly createdMs: number
  readonly expiresMs: number
  /** When it would have expired, if a batch keeps it for longer. */
  readonly ownExpiresMs?: number
}

/** The bytes of what is no file yet. */
export interface WrittenParts {
  readonly id: string
  readonly bytes: number
  readonly parts: number
}

/** How large files may be, and how long they are kept. */
export interface FileBounds {
  readonly maxFileBytes: number
  readonly maxStoredBytes: number
  readonly keepFileSeconds: number
}

/** An id that no one can guess. */
export const newFileId = () => `file-${randomBytes(16).toString("hex")}`

/**
 * Files in Redis, where every server finds them. The clock of Redis says when they end. A file's bytes are in a hash, part by part, under their numbers: a command that is sent
 * again, because the connection broke, changes nothing.
 */
export class Files {
  readonly #redis: RedisConnection
  readonly #keys: ReturnType<typeof keysOf>
  readonly #bounds: FileBounds
  /** Bytes of what this server is writing, by its id: they are no files yet, and would not count. */
  readonly #drafts = new Map<string, number>()

  /** @param redis - lent */
  constructor(redis: RedisConnection, keyPrefix: string, bounds: FileBounds) {
    this.#redis = redis
    this.#keys = keysOf(keyPrefix)
    this.#bounds = bounds
  }

  /**
   * Stores bytes as they come; `add` makes a file of them, or `drop` removes them.
   *
   * @throws RequestError 413 if there are too many; ValenceError `redis_failed`; the signal's reason
   */
  async write(body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<WrittenParts> {
    const { maxFileBytes, maxStoredBytes } = this.#bounds
    const id = newFileId()
    let [bytes, parts, stored] = [0, 0, 0]
    try {
      for await (const part of inParts(body)) {
        bytes += part.length
        this.#drafts.set(id, bytes)
        // Others are stored meanwhile.
        if (parts % partsPerLook === 0) stored = await unlessEnded(this.#storedBytes(), signal)
        if (bytes > maxFileBytes)
          throw new RequestError(413, `a file must have at most ${maxFileBytes} bytes (maxFileBytes)`)
        if (stored + this.#draftBytes() > maxStoredBytes) {
          const rule = `files must have at most ${maxStoredBytes} bytes together (maxStoredBytes)`
          throw new RequestError(413, `${rule}; delete some, or try again later`)
        }
        await unlessEnded(this.#writePart(id, parts++, part), signal)
      }
    } catch (error) {
      // Redis may be away: then they go by themselves.
      this.drop(id).catch(() => {})
      throw error
    }
    return { id, bytes, parts }
  }

  /**
   * Makes a file of what was written; for its owner's eyes from now on.
   *
   * @param keepSeconds - how long it is kept; default: as long as the server keeps files
   */
  async add(
    written: WrittenParts,
    about: Pick<StoredFile, "owner" | "filename" | "purpose">,
    keepSeconds: number = this.#bounds.keepFileSeconds,
  ): Promise<StoredFile> {
    const createdMs = await redisTimeMs(this.#redis)
    const file: StoredFile = { ...written, ...about, createdMs, expiresMs: createdMs + keepSeconds * 1000 }
    await this.#store(file)
    this.#drafts.delete(file.id)
    return file
  }

  /**
   * Refuses to keep a file for longer than the server keeps files.
   *
   * @param path - where the body asks for it
   * @throws BodyError
   */
  requireKept(path: string, seconds: number | undefined): void {
    const { keepFileSeconds } = this.#bounds
    if (seconds !== undefined && seconds > keepFileSeconds)
      throw new BodyError([{ instancePath: path, message: `must be at most ${keepFileSeconds} (keepFileSeconds)` }])
  }

  /** Keeps a file for longer, if it would go before. */
  async keepUntil(file: StoredFile, expiresMs: number): Promise<void> {
    const { ownExpiresMs = file.expiresMs } = file
    if (file.expiresMs < expiresMs) await this.#store({ ...file, ownExpiresMs, expiresMs })
  }

  /** Keeps a file no longer than it would have been without `keepUntil()`. */
  async letGo(owner: string, id: string): Promise<void> {
    const { ownExpiresMs, ...file } = (await this.read(owner, id)) ?? {}
    if (ownExpiresMs === undefined) return
    if (ownExpiresMs <= (await redisTimeMs(this.#redis))) await this.drop(id)
    else await this.#store({ ...(file as StoredFile), expiresMs: ownExpiresMs })
  }

  /** The file of an id; `undefined` if none exists, or belongs to another key. */
  async read(owner: string, id: string): Promise<StoredFile | undefined> {
    const [found, now] = await Promise.all([this.#redis.hget(this.#keys.files, id), redisTimeMs(this.#redis)])
    const file = found === null ? undefined : (JSON.parse(found) as StoredFile)
    return file && file.owner === owner && file.expiresMs > now ? file : undefined
  }

  /** An owner's files, the newest first. */
  async list(owner: string): Promise<StoredFile[]> {
    const files = (await this.#all()).filter(file => file.owner === owner)
    return files.sort((one, other) => other.createdMs - one.createdMs || (one.id < other.id ? 1 : -1))
  }

  /**
   * The bytes of a file.
   *
   * @throws RequestError 404 if Redis has them no more
   */
  async *content({ id, parts }: WrittenParts): AsyncGenerator<Buffer, void> {
    for (let part = 0; part < parts; part++) {
      const bytes = await this.#redis.hgetBuffer(this.#keys.fileParts(id), String(part))
      if (bytes === null) throw new RequestError(404, `the file ${id} no longer exists`)
      yield bytes
    }
  }

  /** Removes a file, or what was written. */
  async drop(id: string): Promise<void> {
    this.#drafts.delete(id)
    await this.#redis.hdel(this.#keys.files, id)
    await this.#redis.unlink(this.#keys.fileParts(id))
  }

  async #store(file: StoredFile): Promise<void> {
    await this.#redis.pexpireat(this.#keys.fileParts(file.id), file.expiresMs)
    await this.#redis.hset(this.#keys.files, file.id, JSON.stringify(file))
  }

  async #writePart(id: string, part: number, bytes: Buffer): Promise<void> {
    const key = this.#keys.fileParts(id)
    try {
      await this.#redis.multi().hset(key, String(part), bytes).expire(key, draftSeconds).exec()
    } catch (cause) {
      // For example, it is out of memory.
      throw new ValenceError("redis_failed", `Redis refused the file: ${asError(cause).message}`, { cause })
    }
  }

  #draftBytes(): number {
    return [...this.#drafts.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  async #storedBytes(): Promise<number> {
    return (await this.#all()).reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Everybody's; what is kept no longer is forgotten. */
  async #all(): Promise<StoredFile[]> {
    const [found, now] = await Promise.all([this.#redis.hvals(this.#keys.files), redisTimeMs(this.#redis)])
    const files = found.map(json => JSON.parse(json) as StoredFile)
    const gone = files.filter(({ expiresMs }) => expiresMs <= now).map(({ id }) => id)
    if (gone.length > 0) await this.#redis.hdel(this.#keys.files, ...gone)
    return files.filter(({ expiresMs }) => expiresMs > now)
  }
}

/** The same bytes in parts of one size, but for the last. */
async function* inParts(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [waiting, bytes]: [Buffer[], number] = [[], 0]
  for await (const block of body) {
    waiting.push(block)
    bytes += block.length
    if (bytes < partBytes) continue
    let joined = Buffer.concat(waiting)
    for (; joined.length >= partBytes; joined = joined.subarray(partBytes)) yield joined.subarray(0, partBytes)
    ;[waiting, bytes] = [[joined], joined.length]
  }
  if (bytes > 0) yield Buffer.concat(waiting)
}
