import type { RedisPlace } from "./places/redis-place.ts"
import type { SeededRandom } from "./seeded-random.ts"
import type { Stage, StageKind } from "./stage.ts"

/** What goes wrong in the middle of a run. */
export interface Disaster extends StageKind {
  readonly workers: number
  /** Whether it is of a worker with devices. */
  readonly devices?: boolean
  /** Whether results may be left in Redis that nobody asks for again: they expire. */
  readonly leavesResults?: boolean
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
