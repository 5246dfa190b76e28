import { unlessEnded } from "../aborting.ts"
import { ValenceError } from "../errors.ts"
import type { Labeller } from "../labeller.ts"
import type { Producer } from "../producer/producer.ts"

/** How often a fleet is looked at while requests come. */
const lookEveryMs = 1000
/** How old what is known of a fleet may be: after a pause a request waits for the look. */
const oldMs = 2 * lookEveryMs
/** A slower Redis is reported elsewhere. */
const lookWithinMs = 1000

/** Whether a fleet has a living worker: checked at most once a second, and only for requests. */
export class LivingWorkers {
  readonly #producer: Pick<Producer, "model" | "keyPrefix" | "workers" | "wantWorker">
  #some = false
  #lookedMs = -Infinity
  #looking: Promise<void> | undefined

  /** @param producer - lent */
  constructor(producer: Pick<Producer, "model" | "keyPrefix" | "workers" | "wantWorker">) {
    this.#producer = producer
  }

  /**
   * Refuses a request if the fleet has no living worker, and asks the fleet's autoscaler for one. If Redis does not answer, nothing is
   * refused here: the producer waits for it.
   *
   * @throws ValenceError `no_worker`
   */
  async require(): Promise<void> {
    const ageMs = performance.now() - this.#lookedMs
    if (ageMs > lookEveryMs) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined
      })
      // While workers live and requests come, no one waits for the look.
      if (!this.#some || ageMs > oldMs) await this.#looking
    }
    if (this.#some) return
    await unlessEnded(this.#producer.wantWorker(), AbortSignal.timeout(lookWithinMs)).catch(() => {})
    const { model, keyPrefix } = this.#producer
    const advice = `start one: valence work --key-prefix ${keyPrefix}`
    throw new ValenceError("no_worker", `no worker with the model ${model.name} lives; ${advice}`)
  }

  async #look(): Promise<void> {
    try {
      const workers = await unlessEnded(this.#producer.workers(), AbortSignal.timeout(lookWithinMs))
      this.#some = workers.length > 0
    } catch {
      this.#some = true
    }
    this.#lookedMs = performance.now()
  }
}

/** Refuses texts for those of some fleets that have no worker. */
export function requireWorkersOf(fleets: readonly Producer[]): (labeller: Labeller) => Promise<void> {
  const living = new Map<Labeller, LivingWorkers>(fleets.map(fleet => [fleet, new LivingWorkers(fleet)]))
  return async labeller => living.get(labeller)?.require()
}
