import type { RunRequest } from "./device-protocol.ts"

/** How often another run may overtake one that waits: then it is its turn, however urgent the others are. */
const maxOvertaken = 8

type Queued = Pick<RunRequest, "id" | "urgent">

/** Runs that wait for a device: urgent ones first, the others in order of arrival; none is overtaken for ever. */
export class RunQueue<T extends Queued = RunRequest> {
  readonly #waiting: { readonly run: T; overtaken: number }[] = []

  add(run: T): void {
    this.#waiting.push({ run, overtaken: 0 })
  }

  /** Takes the run that begins now. */
  take(): T | undefined {
    const first = this.#waiting[0]
    if (first === undefined) return undefined
    const urgent = first.overtaken < maxOvertaken ? this.#waiting.findIndex(({ run }) => run.urgent) : 0
    const index = Math.max(0, urgent)
    if (index > 0) first.overtaken += 1
    return this.#waiting.splice(index, 1)[0]?.run
  }
}
