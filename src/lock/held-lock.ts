import type { FileHandle } from "node:fs/promises"
import { type Holder, noteHeld } from "./holder.ts"
import { isHolding, removeLock, writeHolder } from "./lock-chain.ts"

/** A lock that this process holds and touches until it is released. */
export class HeldLock {
  readonly path: string
  /**
   * Whether the lock was taken from a process that may be alive and only paused: that one can still write to the files that
   * it has open, until it notices.
   */
  readonly mayBeShared: boolean
  readonly #holder: Holder
  readonly #file: FileHandle
  readonly #timer: NodeJS.Timeout
  #beating: Promise<void> | undefined

  /** @param file - the lock file, open to be written */
  constructor(path: string, holder: Holder & { readonly beatMs: number }, file: FileHandle, mayBeShared: boolean) {
    this.path = path
    this.mayBeShared = mayBeShared
    this.#holder = holder
    this.#file = file
    noteHeld(holder.token, true)
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat()
    }, holder.beatMs)
    this.#timer.unref()
  }

  /**
   * Whether the lock is still held. It is `taken` by another process if this one was paused for too long, or `gone` if
   * someone removed it.
   */
  state(): Promise<"held" | "taken" | "gone"> {
    return isHolding(this.path, this.#holder.token)
  }

  /** Removes the lock if it is still held; may be called twice. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#beating
    try {
      removeLock(this.path, this.#holder.token)
    } catch {
      // Someone removed it, or its folder.
    }
    noteHeld(this.#holder.token, false)
    await this.#file.close().catch(() => {})
  }

  /** Through the open file, never by name: by name it could be another process's lock by now. */
  async #beat(): Promise<void> {
    try {
      await writeHolder(this.#file, this.#holder)
    } catch {
      // For example, a full disk. The file's own time is set without a block; if that fails too, the lock grows old.
      const now = new Date()
      await this.#file.utimes(now, now).catch(() => {})
    }
    this.#beating = undefined
  }
}
