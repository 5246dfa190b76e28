import type { Fate, Holder } from "./holder.ts"
import type { FoundLock } from "./lock-chain.ts"

/** How often a lock is touched and looked at, ms. */
export interface LockTiming {
  readonly beatMs: number
  /** A lock that was not touched for this long may be taken over. */
  readonly staleMs: number
  /** How often a process that waits looks at the lock. */
  readonly lookMs: number
}

/** The timing of every lock: processes of several machines must agree on it. */
export const lockTiming: LockTiming = { beatMs: 5000, staleMs: 60_000, lookMs: 250 }

/** A damaged lock that stays as it is this long was left by a crash, not found while it was written. */
const damagedMs = 1000

/**
 * What a lock means: `free`, its holder is gone or silent for too long; `living`, it must be left alone; `unsure`, it will turn out
 * to be one of these.
 */
export type HolderVerdict = "free" | "living" | "unsure"

/** Looks at a lock again and again, and judges whether its holder is alive. */
export class HolderWatch {
  readonly #fateOf: (holder: Holder) => Fate
  readonly #timing: LockTiming
  #last: { readonly token: string; readonly beatAtMs: number } | undefined
  #unchangedSinceMs = 0
  #hasBeaten = false

  constructor(fateOf: (holder: Holder) => Fate, timing: LockTiming = lockTiming) {
    this.#fateOf = fateOf
    this.#timing = timing
  }

  /**
   * Judges a lock. Silence is measured by the clock of the volume, and confirmed by a wait of more than a beat: a clock that
   * jumped, or a machine that just woke up, makes a lock look old whose holder is about to touch it.
   *
   * @param volumeMs - the time on the volume of the lock
   * @param nowMs - the time on a clock of this process that never jumps
   */
  judge({ token, holder, beatAtMs }: FoundLock, volumeMs: number, nowMs: number): HolderVerdict {
    if (this.#last?.token !== token) {
      this.#hasBeaten = false
      this.#unchangedSinceMs = nowMs
    } else if (this.#last.beatAtMs !== beatAtMs) {
      this.#hasBeaten = true
      this.#unchangedSinceMs = nowMs
    }
    this.#last = { token, beatAtMs }
    const unchangedMs = nowMs - this.#unchangedSinceMs
    if (holder === undefined) return unchangedMs >= damagedMs ? "free" : "unsure"
    return this.#judgeHolder(holder, Math.abs(volumeMs - beatAtMs), unchangedMs)
  }

  #judgeHolder(holder: Holder, silentMs: number, unchangedMs: number): HolderVerdict {
    const { beatMs, staleMs } = this.#timing
    const fate = this.#fateOf(holder)
    if (fate === "dead") return "free"
    if (fate === "alive" && holder.beatMs === undefined) return "living"
    const isConfirmed = unchangedMs >= Math.min(1.5 * beatMs, staleMs)
    if (unchangedMs >= staleMs || (silentMs >= staleMs && isConfirmed)) return "free"
    const isHeard = this.#hasBeaten && unchangedMs < 2 * beatMs
    return isHeard || (fate === "alive" && silentMs < 2 * beatMs) ? "living" : "unsure"
  }
}
