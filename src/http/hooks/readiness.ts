import { unlessEnded } from "../../aborting.ts"
import type { ServerInputs } from "../server-inputs.ts"

/** A text that any model has a label for. */
const canary = "Good morning"
/** How long Redis may take to say who works; while it is away, commands wait for it. */
const answerMs = 1000

/** Whether a server labels what comes now. */
export class Readiness {
  readonly #served: ServerInputs
  #problem: string | undefined = "starting"

  constructor(served: ServerInputs) {
    this.#served = served
    served.events.once("devicesLost", () => {
      this.#problem = "no device is left"
    })
  }

  /** Labels a text, if that is done in this process: from now on it is ready. */
  async begin(): Promise<void> {
    const { labeller, producer } = this.#served
    if (!producer) await labeller.label([canary])
    if (this.#problem === "starting") this.#problem = undefined
  }

  /** From now on it is not ready. */
  end(): void {
    this.#problem = "stopping"
  }

  /** Why it is not ready; `undefined` if it is. */
  async problem(): Promise<string | undefined> {
    const { producer } = this.#served
    if (this.#problem !== undefined || !producer) return this.#problem
    try {
      const problem = await producer.problem(answerMs)
      if (problem !== undefined) return problem
      const workers = await unlessEnded(producer.workers(), AbortSignal.timeout(answerMs))
      return workers.length > 0 ? undefined : "no worker listens"
    } catch {
      return "redis does not answer"
    }
  }
}
