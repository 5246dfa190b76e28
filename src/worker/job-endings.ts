import type { Job } from "bullmq"
import type { ValenceError } from "../errors.ts"
import type { JobOutcome, WorkerEmitter } from "../events.ts"
import type { Lane } from "../labeller.ts"

/** BullMQ's words if someone else has a job by now, or it went back to the queue. */
const lostLock = /^(?:Missing lock|Lock mismatch) for job (\S+)\. /

/** How a job ended, as far as a worker knows. */
interface Ending {
  readonly outcome: JobOutcome
  readonly error?: ValenceError
  readonly texts: number
  readonly failedTexts: number
  readonly tokens: number
  readonly labelSeconds: number
}

/** Reports how the jobs of a lane ended, when BullMQ has stored it. */
export class JobEndings {
  readonly #events: WorkerEmitter
  readonly #lane: Lane
  /** Endings of jobs that were not reported to BullMQ yet. */
  readonly #noted = new WeakMap<Job, Ending>()
  #lastLost: string | undefined

  constructor(events: WorkerEmitter, lane: Lane) {
    this.#events = events
    this.#lane = lane
  }

  /** Notes how a job ended, until `ended` reports it. */
  note(job: Job, startedMs: number, ending: Pick<Ending, "outcome"> & Partial<Ending>): void {
    const labelSeconds = (performance.now() - startedMs) / 1000
    this.#noted.set(job, { texts: 0, failedTexts: 0, tokens: 0, ...ending, labelSeconds })
  }

  /**
   * Reports how a job ended.
   *
   * @param fallback - of a job that was not noted
   * @returns what became of it
   */
  ended(job: Job, fallback: JobOutcome, error?: ValenceError): JobOutcome {
    const noted = this.#noted.get(job)
    const outcome = noted?.outcome ?? fallback
    const { addedMs, takenMs } = timesOf(job)
    const queueSeconds = Math.max(0, (takenMs - addedMs) / 1000)
    this.tell(job.id, outcome, { ...(noted ?? (error && { error })), queueSeconds })
    return outcome
  }

  /** Reports a job whose lock was lost, if that is what the error of BullMQ says: another worker does it again. */
  tellLost({ message }: Error): void {
    const job = lostLock.exec(message)?.[1]
    // BullMQ reports it twice: when it cannot store the result, and when it cannot store that.
    if (job === undefined || job === this.#lastLost) return
    this.#lastLost = job
    this.tell(job, "lost")
  }

  tell(
    id: string | undefined,
    outcome: JobOutcome,
    facts: Partial<Ending> & { readonly queueSeconds?: number } = {},
  ): void {
    this.#events.emit("job", {
      lane: this.#lane,
      texts: 0,
      failedTexts: 0,
      tokens: 0,
      queueSeconds: 0,
      labelSeconds: 0,
      ...facts,
      id: id ?? "",
      outcome,
    })
  }
}

/** When a job was added and when this worker took it, both by the clock of Redis. Other programs may have written no number. */
export function timesOf({ timestamp, processedOn }: Job): { readonly addedMs: number; readonly takenMs: number } {
  const takenMs = processedOn ?? Date.now()
  return { addedMs: Number.isFinite(timestamp) ? timestamp : takenMs, takenMs }
}
