import { setTimeout as wait } from "node:timers/promises"
import type { Redis } from "ioredis"
import { toBeTrue } from "../cli/run-valence.ts"
import type { Disaster } from "./disaster.ts"
import { randomMoment, requireMiddle } from "./moments.ts"
import { ClusterPlace } from "./places/cluster-place.ts"
import { ManagedPlace } from "./places/managed-place.ts"
import { canPartition, PartitionedPlace, type Side } from "./places/partitioned-place.ts"
import type { RedisPlace } from "./places/redis-place.ts"
import { steer } from "./places/replicated-servers.ts"
import { SentinelPlace } from "./places/sentinel-place.ts"
import { ServerPlace } from "./places/server-place.ts"
import type { SeededRandom } from "./seeded-random.ts"
import type { Stage } from "./stage.ts"

/** How long after Redis can serve again the run may stand still. */
const progressMs = 15_000

/** Watches the run until its end, and says if it stands still for too long. */
export async function judgeProgress(stage: Stage): Promise<string[]> {
  const stoodMs = await stage.longestStandstill(progressMs)
  return stoodMs < progressMs ? [] : [`the run must not stand still for ${progressMs} ms once Redis can serve`]
}

/**
 * A Redis that does not serve for a while, in the middle of a run. No process is started again by hand, and the run goes
 * on soon after.
 *
 * @param open - opens the Redis
 * @param strike - takes it away, and returns when it can serve again
 */
function outage<P extends RedisPlace>(
  open: () => Promise<P>,
  strike: (place: P, random: SeededRandom) => Promise<void>,
  lack?: Disaster["lack"],
): Disaster {
  return {
    workers: 2,
    leavesResults: true,
    usualLocks: true,
    ...(lack && { lack }),
    open,
    async strike(stage, random) {
      await randomMoment(stage, random)
      // A run that does not find Redis at its start ends, as it should.
      await toBeTrue(() => stage.outputBytes > 0 || stage.producer?.runs !== true)
      requireMiddle(stage)
      await strike(stage.place as P, random)
      return judgeProgress(stage)
    },
  }
}

/** Has a Redis refuse for a while what needs memory. */
async function fill({ server }: ServerPlace, ms: number): Promise<void> {
  const redis: Redis = steer(server.port)
  await redis.config("SET", "maxmemory", 1)
  await wait(ms)
  await redis.config("SET", "maxmemory", 0)
  redis.disconnect()
}

async function partition(place: PartitionedPlace, random: SeededRandom): Promise<void> {
  const sides: readonly Side[] = random.pick([["worker"], ["producer"], ["worker", "producer"]] as const)
  place.cut(sides)
  await wait(random.between(500, 15_000))
  await place.restore()
}

const openSentinels = () => SentinelPlace.open()
const openCluster = () => ClusterPlace.open()

/** Outages of Redis, as failovers, networks and operators make them. */
export const outages = {
  "sentinel-kill": outage(openSentinels, place => place.strike("kill")),
  "sentinel-freeze": outage(openSentinels, place => place.strike("freeze")),
  "cluster-kill": outage(openCluster, place => place.strike("kill")),
  "cluster-freeze": outage(openCluster, place => place.strike("freeze")),
  demoted: outage(
    () => ManagedPlace.open(),
    (place, random) => place.demote(random.between(0, 5000)),
  ),
  full: outage(
    () => ServerPlace.open(),
    (place, random) => fill(place, random.between(0, 5000)),
  ),
  partition: outage(
    () => PartitionedPlace.open(),
    partition,
    () => (canPartition() ? undefined : "network namespaces, which only root can make"),
  ),
} as const satisfies Record<string, Disaster>
