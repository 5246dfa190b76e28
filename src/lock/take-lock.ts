import { setTimeout as wait } from "node:timers/promises"
import { HeldLock } from "./held-lock.ts"
import { describeHolder, fateOf } from "./holder.ts"
import { HolderWatch, type LockTiming, lockTiming } from "./holder-watch.ts"
import { Candidate, type FoundLock, findLocks } from "./lock-chain.ts"

/** Who holds a lock that another process wants. */
export interface SeenHolder {
  /** `process 17 on another-host, last seen 12 s ago`. */
  readonly description: string
  /** How long until the lock may be taken over if the holder stays silent. */
  readonly remainingMs: number
}

/** How a lock is waited for. */
export interface LockWait {
  /** Whether to wait for a holder that is alive. To find out whether it is, every caller waits. */
  readonly forLiving: boolean
  /** Called once for each holder that is waited for. */
  readonly onWaiting?: ((holder: SeenHolder) => void) | undefined
  readonly signal?: AbortSignal | undefined
  readonly timing?: LockTiming
}

/** A lock, or the living process that has it. */
export type Taken =
  | { readonly lock: HeldLock; readonly holder?: never }
  | { readonly lock?: never; readonly holder: SeenHolder }

/**
 * Takes a lock file. A lock whose process is known to be dead is taken over at once, any other one when its holder was silent
 * for a minute, wherever that runs.
 *
 * @throws what the system throws if the lock's folder cannot be written to; the signal's reason
 */
export async function takeLock(
  path: string,
  { forLiving, onWaiting, signal, timing = lockTiming }: LockWait,
): Promise<Taken> {
  const watch = new HolderWatch(fateOf, timing)
  const candidate = await Candidate.open(path, timing.beatMs)
  let told: string | undefined
  try {
    for (;;) {
      signal?.throwIfAborted()
      const found = await findLocks(path)
      const last = found.at(-1)
      if (last === undefined) {
        const file = await candidate.take([])
        if (file) return { lock: new HeldLock(path, candidate.holder, file, false) }
        continue
      }
      const nowMs = performance.now()
      const volumeMs = await candidate.volumeMs(nowMs)
      const verdict = watch.judge(last, volumeMs, nowMs)
      if (verdict === "free") {
        const file = await candidate.take(found)
        const mayBeShared = last.holder === undefined || fateOf(last.holder) !== "dead"
        if (file) return { lock: new HeldLock(path, candidate.holder, file, mayBeShared) }
        continue
      }
      const seen = describe(last, volumeMs, timing)
      if (verdict === "living" && !forLiving) return { holder: seen }
      if (told !== last.token) onWaiting?.(seen)
      told = last.token
      await wait(timing.lookMs, undefined, { signal })
    }
  } finally {
    await candidate.close()
  }
}

function describe({ holder, beatAtMs }: FoundLock, volumeMs: number, { staleMs }: LockTiming): SeenHolder {
  const who = holder === undefined ? "an unknown process (its lock is damaged)" : describeHolder(holder)
  const silentMs = Math.max(0, volumeMs - beatAtMs)
  return {
    description: `${who}, last seen ${Math.round(silentMs / 1000)} s ago`,
    remainingMs: Math.max(0, staleMs - silentMs),
  }
}
