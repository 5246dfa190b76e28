import { randomUUID } from "node:crypto"
import { constants, readFileSync } from "node:fs"
import { copyFile, link, readFile, rename, rm, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { asError } from "./errors.ts"

/** Who holds a lock. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process began, in the system's own count; tells a process from a later one with its number. */
  readonly began: string
  readonly token: string
}

/** The locks that this process holds. */
const held = new Set<string>()

/** A lock that was taken, or who has it. */
export type Taken =
  | { readonly release: () => Promise<void>; readonly holder?: never }
  /** `undefined` where it changed hands while it was looked at. */
  | { readonly release?: never; readonly holder: Holder | undefined }

/**
 * Takes a lock file, if nobody holds it; a lock whose process is gone is taken over.
 *
 * @throws what the system throws where the lock's folder cannot be written to
 */
export async function takeLockFile(path: string): Promise<Taken> {
  const holder: Holder = { pid: process.pid, host: hostname(), began: processBegan(process.pid), token: randomUUID() }
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path, holder)) {
      held.add(holder.token)
      const release = async () => {
        held.delete(holder.token)
        await rm(path, { force: true })
      }
      return { release }
    }
    const other = await read(path)
    if (other !== undefined && isAlive(other)) return { holder: other }
    await remove(path, other?.token)
  }
  return { holder: undefined }
}

/** `process 17`, or `process 17 on another-host`. */
export function describeHolder({ pid, host }: Holder): string {
  return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`
}

/** Makes the lock with its content at once, so that nobody finds it half written. */
async function create(path: string, holder: Holder): Promise<boolean> {
  const aside = `${path}.${holder.token}`
  try {
    await writeFile(aside, JSON.stringify(holder))
    await linkOrCopy(aside, path)
    return true
  } catch (error) {
    if (isExisting(error)) return false
    throw error
  } finally {
    await rm(aside, { force: true }).catch(() => {})
  }
}

/** Some file systems have no links; there a lock can be found half written. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (isExisting(error)) throw error
    await copyFile(from, to, constants.COPYFILE_EXCL)
  }
}

function isExisting(error: unknown): boolean {
  return (asError(error) as NodeJS.ErrnoException).code === "EEXIST"
}

/** Who holds the lock; `undefined` where it is gone, or was left half written by a crash. */
async function read(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, "utf8")) as Partial<Holder>
    return typeof holder.pid === "number" && typeof holder.token === "string" ? (holder as Holder) : undefined
  } catch {
    return undefined
  }
}

/** Removes a stale lock, unless another run took it over in the meantime: then that run gets it back. */
async function remove(path: string, token: string | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  )
  if (!moved) return
  const taken = await read(aside)
  if (taken !== undefined && taken.token !== token) await rename(aside, path)
  else await rm(aside, { force: true })
}

function isAlive({ pid, host, began, token }: Holder): boolean {
  if (host !== hostname()) return true
  if (pid === process.pid) return held.has(token)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((asError(error) as NodeJS.ErrnoException).code !== "EPERM") return false
  }
  return processBegan(pid) === began
}

/** The 22nd field of `/proc/PID/stat`; empty where the system has none, so that the number alone counts. */
function processBegan(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  } catch {
    return ""
  }
}
