import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { asError } from "../errors.ts"

/** The process that holds a lock, as its lock file describes it. A value that the system does not have is empty. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process began, in ticks since the machine was booted: a later process with the same number has another. */
  readonly began: string
  /** The boot of the machine. */
  readonly boot: string
  /** The PID namespace: a number means another process, or none, in another namespace. */
  readonly namespace: string
  /** Unique for each time that a lock is taken. */
  readonly token: string
  /** How often the holder touches its lock; `undefined` for an older Valence, which never does. */
  readonly beatMs: number | undefined
}

/** Whether a holder is alive, as far as its process number can tell. */
export type Fate = "dead" | "alive" | "unknown"

/** The tokens of the locks that this process holds. */
const held = new Set<string>()

/** Notes that this process holds the lock with that token, or no longer does. */
export function noteHeld(token: string, isHeld: boolean): void {
  if (isHeld) held.add(token)
  else held.delete(token)
}

/** This process, as the holder of a lock. */
export function thisHolder(token: string): Omit<Holder, "beatMs"> {
  return { pid: process.pid, host: hostname(), began: beganOf("self"), ...here(), token }
}

/**
 * Judges by process number, and only if the number means the same process as it does here: a container, another PID
 * namespace, another boot or another machine has numbers of its own.
 */
export function fateOf(holder: Holder): Fate {
  if (held.has(holder.token)) return "alive"
  const { boot, namespace } = here()
  const isSystemKnown = boot !== "" && namespace !== ""
  const isNamed = holder.boot === boot && holder.namespace === namespace
  const isHere = isNamed && (isSystemKnown || holder.host === hostname())
  // An older Valence wrote no namespace. Its process is alive if number and beginning are right; otherwise it may be in another namespace.
  const mayBeHere = isHere || (holder.boot === "" && holder.host === hostname())
  if (!mayBeHere) return "unknown"
  if (!isRunning(holder.pid)) return isHere ? "dead" : "unknown"
  const began = isOwnProc() ? beganOf(holder.pid) : ""
  if (began === "" || holder.began === "") return "unknown"
  if (began === holder.began) return "alive"
  return isHere ? "dead" : "unknown"
}

/** `process 17`, or `process 17 on another-host`. */
export function describeHolder({ pid, host, boot, namespace }: Holder): string {
  if (host !== hostname()) return `process ${pid} on ${host}`
  const own = here()
  const isElsewhere = boot !== "" && (boot !== own.boot || namespace !== own.namespace)
  return isElsewhere ? `process ${pid} of another container or machine named ${host}` : `process ${pid}`
}

/** Reads what a lock file says; `undefined` if it is damaged. */
export function readHolder(text: string): Holder | undefined {
  try {
    const { pid, host, began, boot, namespace, token, beatMs } = JSON.parse(text) as Partial<Holder>
    const isUsable = Number.isSafeInteger(pid) && Number(pid) > 0 && typeof token === "string" && /^[\w-]+$/.test(token)
    if (!isUsable) return undefined
    const words = { host: asWord(host), began: asWord(began), boot: asWord(boot), namespace: asWord(namespace) }
    return { pid: Number(pid), ...words, token, beatMs: typeof beatMs === "number" ? beatMs : undefined }
  } catch {
    return undefined
  }
}

function asWord(value: unknown): string {
  return typeof value === "string" ? value : ""
}

/** Where process numbers mean the same processes as they do for this one; empty outside Linux. */
function here(): { readonly boot: string; readonly namespace: string } {
  try {
    return {
      boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      namespace: readlinkSync("/proc/self/ns/pid"),
    }
  } catch {
    return { boot: "", namespace: "" }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (asError(error) as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** Whether /proc shows the namespace of this process. After `unshare --pid` without `--mount-proc` it shows another. */
function isOwnProc(): boolean {
  try {
    return readlinkSync("/proc/self") === String(process.pid)
  } catch {
    return false
  }
}

/** The 22nd field of `/proc/PID/stat`; empty if the system has none. */
function beganOf(pid: number | "self"): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""
  } catch {
    return ""
  }
}
