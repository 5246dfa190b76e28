import type { RedisHealth } from "../queue/jobs/redis-health.ts"
import { describeTrouble, type RedisTrouble } from "../queue/redis/refusal.ts"

/** Trouble that is over sooner is no news. */
const shortMs = 1000

/**
 * Reports in one line that a producer waits because Redis is away or refuses jobs, and in another that it continues.
 *
 * @param tell - gets each line
 * @returns stops it
 */
export function tellTrouble(health: RedisHealth, tell: (line: string) => void): () => void {
  const waiting = new Set<NodeJS.Timeout>()
  let told = false
  const onTrouble = (trouble: RedisTrouble) => {
    const timer = setTimeout(() => {
      told = true
      tell(`${describeTrouble(trouble)}; waiting for it`)
    }, shortMs)
    waiting.add(timer.unref())
  }
  const stop = () => {
    for (const timer of waiting) clearTimeout(timer)
    waiting.clear()
  }
  const onWell = (troubleMs: number) => {
    stop()
    if (told) tell(`redis is back after ${(troubleMs / 1000).toFixed(1)} s`)
    told = false
  }
  health.on("trouble", onTrouble).on("well", onWell)
  return () => {
    stop()
    health.off("trouble", onTrouble).off("well", onWell)
  }
}
