import { randomBytes } from "node:crypto"
import { constants, existsSync, readFileSync, unlinkSync } from "node:fs"
import { copyFile, type FileHandle, link, open, rename, rm } from "node:fs/promises"
import { asError } from "../errors.ts"
import { type Holder, readHolder, thisHolder } from "./holder.ts"

/** A lock file that was found. */
export interface FoundLock {
  readonly path: string
  readonly token: string
  /** `undefined` if the file is damaged. */
  readonly holder: Holder | undefined
  /** When the holder last touched it, by the clock of the volume. */
  readonly beatAtMs: number
}

/** The file by which a lock is taken over: only one process can make it, and it names the lock that it ends. */
function successorOf(path: string, token: string): string {
  return `${path}.${token}.next`
}

/**
 * The locks from the one at the path to the one that counts: the last. There is more than one only while a lock is taken
 * over, or if that was cut short by a crash.
 */
export async function findLocks(path: string): Promise<readonly FoundLock[]> {
  const found: FoundLock[] = []
  for (let next = await readLock(path); next !== undefined; next = await readLock(successorOf(path, next.token)))
    found.push(next)
  return found
}

/** Whether the lock at the path has that token, and no other process has begun to take it over. */
export async function isHolding(path: string, token: string): Promise<"held" | "taken" | "gone"> {
  const found = await findLocks(path)
  if (found.length === 0) return "gone"
  return found.length === 1 && found[0]?.token === token ? "held" : "taken"
}

async function readLock(path: string): Promise<FoundLock | undefined> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const { mtimeMs, ino } = await file.stat()
    const holder = readHolder(await file.readFile("utf8"))
    return { path, token: holder?.token ?? `damaged-${ino}`, holder, beatAtMs: mtimeMs }
  } finally {
    await file.close()
  }
}

/** This process as a candidate for a lock: a file next to the lock that becomes the lock. */
export class Candidate {
  readonly holder: Holder & { readonly beatMs: number }
  readonly #path: string
  readonly #aside: string
  readonly #file: FileHandle
  #touched = { nowMs: -Infinity, volumeMs: 0 }

  private constructor(path: string, aside: string, file: FileHandle, holder: Candidate["holder"]) {
    this.#path = path
    this.#aside = aside
    this.#file = file
    this.holder = holder
  }

  /** @throws what the system throws if the folder of the lock cannot be written to */
  static async open(path: string, beatMs: number): Promise<Candidate> {
    const holder = { ...thisHolder(randomBytes(8).toString("hex")), beatMs }
    const aside = `${path}.${holder.token}.new`
    const file = await open(aside, "wx")
    const candidate = new Candidate(path, aside, file, holder)
    await candidate.#write().catch(async (error: unknown) => {
      await candidate.close()
      throw error
    })
    return candidate
  }

  /**
   * What the time is for the volume that the lock is on: machines that share it have clocks that differ.
   *
   * @param nowMs - the time on a clock of this process that never jumps
   */
  async volumeMs(nowMs: number): Promise<number> {
    if (nowMs - this.#touched.nowMs >= this.holder.beatMs) {
      await this.#write()
      this.#touched = { nowMs, volumeMs: (await this.#file.stat()).mtimeMs }
    }
    return this.#touched.volumeMs + nowMs - this.#touched.nowMs
  }

  /**
   * Makes this process the holder: of a lock that does not exist, or after the last of those that were found. One system
   * call decides, so that of any number of processes one wins, and a crash at any moment leaves one last lock.
   *
   * @returns the open lock file; `undefined` if another process was faster
   */
  async take(found: readonly FoundLock[]): Promise<FileHandle | undefined> {
    const last = found.at(-1)
    const target = last === undefined ? this.#path : successorOf(this.#path, last.token)
    if (!(await linkOrCopy(this.#aside, target))) return undefined
    if (last !== undefined && !(await this.#moveToPath(target, found))) return undefined
    if ((await isHolding(this.#path, this.holder.token)) !== "held") return undefined
    return open(this.#path, "r+")
  }

  async close(): Promise<void> {
    await this.#file.close()
    await rm(this.#aside, { force: true }).catch(() => {})
  }

  /** Puts the file by which a lock was taken over into the place of that lock. */
  async #moveToPath(target: string, found: readonly FoundLock[]): Promise<boolean> {
    // The lock that was found may have been taken over and replaced since then: this file then succeeds nothing.
    const isLast = (await findLocks(this.#path)).at(-1)?.token === this.holder.token
    if (!isLast) {
      await rm(target, { force: true })
      return false
    }
    const isMoved = await rename(target, this.#path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false
        throw error
      },
    )
    for (const { path } of found) if (path !== this.#path) await rm(path, { force: true }).catch(() => {})
    return isMoved
  }

  async #write(): Promise<void> {
    await writeHolder(this.#file, this.holder)
  }
}

/** Removes the lock at the path if it has that token. */
export function removeLock(path: string, token: string): void {
  // At once, so that no other process gets a turn in between: a lock that another process holds must stay.
  const isOwn = readHolder(readFileSync(path, "utf8"))?.token === token && !existsSync(successorOf(path, token))
  if (isOwn) unlinkSync(path)
}

/** Writes a holder to its own lock file: the volume, not this process, then says when. */
export async function writeHolder(file: FileHandle, holder: Holder): Promise<void> {
  await file.write(JSON.stringify(holder), 0)
  // Without this a network volume learns of it late.
  await file.datasync()
}

/** Some file systems have no links; there a lock can be found half written. */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(async (error: unknown) => {
      if (isExisting(error)) throw error
      await copyFile(from, to, constants.COPYFILE_EXCL)
    })
    return true
  } catch (error) {
    if (isExisting(error)) return false
    throw error
  }
}

function isExisting(error: unknown): boolean {
  return (asError(error) as NodeJS.ErrnoException).code === "EEXIST"
}
