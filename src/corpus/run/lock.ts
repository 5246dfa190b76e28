import { asError, ValenceError } from "../../errors.ts"
import { outputFailed } from "../../files/output-failed.ts"
import type { HeldLock } from "../../lock/held-lock.ts"
import { takeLock } from "../../lock/take-lock.ts"
import { explainedFailure } from "../files/explained-failure.ts"
import type { OutputFiles } from "../formats.ts"
import type { Sink } from "../write/sink.ts"

type WrittenFile = Pick<Sink, "requireWhole">

/** A lock cannot be lost sooner after it was seen to be held: another run waits for a minute. */
const checkEveryMs = 1000

/** What a run for which another one may be in the way says, and what ends the waiting. */
export interface LockListeners {
  /** Called with a sentence. */
  readonly onWaiting?: ((message: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The lock of an output: while it is held, no other run writes there. */
export class OutputLock {
  readonly #lock: HeldLock
  readonly #output: string
  #checkedMs = 0

  private constructor(lock: HeldLock, output: string) {
    this.#lock = lock
    this.#output = output
  }

  /**
   * Takes the lock of an output. If the run that has it does not seem to be alive, waits until that is certain.
   *
   * @throws ValenceError `output_exists` if another run is writing the output; `output_failed` if its folder cannot be
   * written to
   */
  static async take(
    { path: output, lock: path, nearLock }: Pick<OutputFiles, "path" | "lock" | "nearLock">,
    { onWaiting, signal }: LockListeners,
  ): Promise<OutputLock> {
    const take = (path: string) =>
      takeLock(path, {
        forLiving: false,
        signal,
        onWaiting({ description, remainingMs }) {
          const inTime = remainingMs > 0 ? `in ${Math.ceil(remainingMs / 1000)} s` : "soon"
          const what = `output ${output} is locked by ${description}`
          onWaiting?.(`${what}; waiting to see if that is alive: if it stays silent, this run takes over ${inTime}`)
        },
      })
    const { lock, holder } = await take(path)
      .catch(error => {
        if (nearLock === path || !isDenied(error)) throw error
        return take(nearLock)
      })
      .catch(error => {
        signal?.throwIfAborted()
        throw outputFailed(output, error)
      })
    if (lock) return new OutputLock(lock, output)
    throw new ValenceError(
      "output_exists",
      `output ${output} is being written by another run, ${holder.description}; wait until it ends, or stop it and run the same command again`,
    )
  }

  /** Whether files must be written under another inode, because a paused run may still write to those that are there. */
  get mayBeShared(): boolean {
    return this.#lock.mayBeShared
  }

  /**
   * As `require`, if it was last checked more than a second ago.
   *
   * @throws ValenceError `output_failed`
   */
  async requireLately(output?: WrittenFile): Promise<void> {
    // A clock that jumped is no reason to check less.
    if (Math.abs(Date.now() - this.#checkedMs) > checkEveryMs) await this.require(output)
  }

  /**
   * Makes sure that this run still has the lock. If it does not, it must not write.
   *
   * @param output - if the lock was removed together with it, that is what the error is about
   * @throws ValenceError `output_failed`
   */
  async require(output?: WrittenFile): Promise<void> {
    const state = await this.#lock.state().catch((error: unknown) => {
      throw outputFailed(this.#lock.path, error)
    })
    if (state === "taken")
      throw explainedFailure(
        `output ${this.#output} was taken over by another run while this one was paused, and this one wrote nothing more; when the other run has ended, the same command continues`,
      )
    if (state === "gone") {
      await output?.requireWhole()
      throw explainedFailure(
        `output ${this.#output} is no longer safe to write, because its lock ${this.#lock.path} was removed; if no other run writes it, the same command continues`,
      )
    }
    this.#checkedMs = Date.now()
  }

  async release(): Promise<void> {
    await this.#lock.release()
  }
}

function isDenied(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes((asError(error) as NodeJS.ErrnoException).code ?? "")
}
