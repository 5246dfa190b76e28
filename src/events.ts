import { EventEmitter } from "node:events"
import type { ErrorCode } from "./errors.ts"
import type { Lane } from "./labeller.ts"

/** The events of a classifier. */
export interface ClassifierEvents {
  /** Texts were encoded in one call of the tokenizer. */
  tokenised: [{ readonly texts: number; readonly ms: number }]
  /** A micro-batch went through a device. */
  microBatch: [
    {
      readonly lane: Lane
      /** A window counts as a text. */
      readonly texts: number
      /** Tokens of the texts. */
      readonly tokens: number
      /** Tokens that the device computed: rows x longest. */
      readonly paddedTokens: number
      /** How long each text waited between its encoding and its device, ms. */
      readonly waitMs: readonly number[]
      /** Time inside the session. */
      readonly runMs: number
      /** What each text was labelled for, as `traceWork` has it; absent while nothing is traced. */
      readonly work?: readonly unknown[]
    },
  ]
  /** A device had no memory for a micro-batch, which is cut in half, as is the device's token budget. */
  outOfMemory: [
    {
      /** As it was asked for. */
      readonly device: string
      readonly texts: number
      /** Tokens that the device was to compute: rows x longest. */
      readonly paddedTokens: number
      /** Tokens that a micro-batch of the device may have from now on. */
      readonly maxBatchTokens: number
    },
  ]
  /** A device child died or was killed, and another takes its place. */
  deviceRestarted: []
  /** No device is left: every text fails from now on. */
  devicesLost: [{ readonly error: Error }]
}

/** How a worker was done with a job. */
export type JobOutcome =
  /** Its result is stored; single texts of it may have failed. */
  | "completed"
  /** It expired, or was cancelled, before it was labelled; its result says so. */
  | "expired"
  | "cancelled"
  /** It failed, and is tried again later. */
  | "retried"
  /** It failed for good, and is a dead letter. */
  | "dead"
  /** It was given back to the queue unlabelled, because the worker drains. */
  | "handed_back"
  /** Someone else got it in the meantime: its lock was lost. */
  | "lost"

/** The contents of a lane's queue. */
export interface QueueDepth {
  readonly lane: Lane
  readonly waitingJobs: number
  readonly activeJobs: number
  readonly delayedJobs: number
  readonly failedJobs: number
  /** Texts and tokens of the waiting and delayed jobs, up to what the model reads of each; estimated from a sample if there are many jobs. */
  readonly waitingTexts: number
  readonly waitingTokens: number
  /** Age of the oldest waiting job, seconds; 0 if none waits. */
  readonly oldestWaitingSeconds: number
}

/** The events of a worker. */
export interface WorkerEvents extends ClassifierEvents {
  job: [
    {
      readonly lane: Lane
      readonly id: string
      readonly outcome: JobOutcome
      /** Why it did not complete: of one that is `retried`, `dead`, `expired` or `cancelled`. */
      readonly error?: { readonly code: ErrorCode; readonly message: string }
      /** Texts of the job; 0 if it could not be read. */
      readonly texts: number
      /** Texts without a label in a job that is `completed`. */
      readonly failedTexts: number
      /** Tokens of the texts that got a label. */
      readonly tokens: number
      /** From when the job was added to when a worker took it, seconds. */
      readonly queueSeconds: number
      /** From when it was taken to when it was labelled, seconds. */
      readonly labelSeconds: number
    },
  ]
  /** A job whose worker died, or froze, went back to the queue. */
  stalled: [{ readonly lane: Lane }]
  /** BullMQ's worker of a lane reports an error. Other events say what follows from it, if anything does: this one is for finding causes. */
  bullmqError: [{ readonly lane: Lane; readonly error: Error }]
  /** Redis went away, or refuses to give jobs; once for each of the two, and for each reason, until it is back. */
  redisAway: [{ readonly error: Error | undefined; readonly refuses: boolean }]
  redisBack: [{ readonly awayMs: number }]
  /** Looked at every few seconds: both queues, and how long the fleet needs for what waits there and is not paused. */
  backlog: [{ readonly queues: readonly QueueDepth[]; readonly deadLetters: number; readonly backlogSeconds: number }]
}

/** Accepts a classifier's events: any emitter that knows them, a worker's too. */
export interface ClassifierEmitter {
  emit<Name extends keyof ClassifierEvents>(name: Name, ...told: ClassifierEvents[Name]): boolean
}

/** Reports what a worker, and its classifier, do. */
export class WorkerEmitter extends EventEmitter<WorkerEvents> {
  /** An error of a listener is thrown outside, as those of an `EventTarget` are: the work that reports itself continues. */
  override emit: EventEmitter<WorkerEvents>["emit"] = (name, ...told) => {
    try {
      return super.emit(name, ...told)
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
      return true
    }
  }
}
