/*
 * Kubernetes' horizontal autoscaler, as its documentation describes it, for an external metric with an average value of 1 (so that the metric
 * is the number of replicas), with KEDA's way from and to zero, and the limits that the chart sets.
 */

/** How often the autoscaler looks. */
const lookEverySeconds = 15
/** A number that is so near is left as it is. */
const tolerance = 0.1
/** Scaling down takes the most that was wanted for so long, which the chart sets. */
const downWindowSeconds = 300
/** How long nothing must be wanted before the last replica goes. */
const cooldownSeconds = 300

interface Past {
  readonly second: number
  readonly value: number
}

/** Decides how many replicas run. */
export class Autoscaler {
  #replicas = 0
  #wanted: Past[] = []
  #sizes: Past[] = []
  #lastActive = -Infinity

  /**
   * Replicas from this second on.
   *
   * @param metric - as it is told in this second
   */
  look(second: number, metric: number): number {
    if (second % lookEverySeconds !== 0) return this.#replicas
    if (metric > 0) this.#lastActive = second
    if (this.#replicas === 0) this.#replicas = metric > 0 ? 1 : 0
    else if (metric === 0 && second - this.#lastActive >= cooldownSeconds) this.#replicas = 0
    else this.#replicas = this.#scaled(second, metric)
    this.#sizes = [...this.#sizes.filter(past => second - past.second <= 60), { second, value: this.#replicas }]
    return this.#replicas
  }

  #scaled(second: number, metric: number): number {
    const now = this.#replicas
    const wanted = Math.abs(metric / now - 1) <= tolerance ? now : Math.max(1, Math.ceil(metric))
    this.#wanted = [
      ...this.#wanted.filter(past => second - past.second <= downWindowSeconds),
      { second, value: wanted },
    ]
    // Up at once: at most twice as many, or four more, in 15 s.
    if (wanted > now) return Math.min(wanted, Math.max(now * 2, now + 4))
    const most = Math.min(now, Math.max(...this.#wanted.map(past => past.value)))
    // Down by a quarter or by one in a minute, whichever is more.
    const before = Math.max(now, ...this.#sizes.map(past => past.value))
    return Math.max(most, Math.min(now, before - Math.max(1, Math.floor(before / 4))))
  }
}
