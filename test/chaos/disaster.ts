import type { RedisPlace } from "./places/redis-place.ts"
import type { SeededRandom } from "./seeded-random.ts"
import type { Stage } from "./stage.ts"

/** What goes wrong in the middle of a run. */
export interface Disaster {
  readonly workers: number
  /** Whether it is of a worker with devices. */
  readonly devices?: boolean
  /** Whether results may be left in Redis that nobody asks for again: they expire. */
  readonly leavesResults?: boolean
  /** Whether workers keep the locks of jobs as long as they do by default; otherwise a lock runs out while somebody watches. */
  readonly usualLocks?: boolean
  /** Whether every process has a clock of its own, which can be set. */
  readonly ownClocks?: boolean
  /** What this machine lacks to play it; `undefined` if nothing. */
  lack?(): string | undefined
  /** Opens the Redis that it is of; default: one server. */
  open?(): Promise<RedisPlace>
  /**
   * Strikes, once or several times, with the producer at work.
   *
   * @returns what went wrong that the output would not show
   * @throws TooLate if the run had ended
   */
  strike(stage: Stage, random: SeededRandom): Promise<string[]>
}
