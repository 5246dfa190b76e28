import { rmdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { asError } from "../errors.ts"
import { outputFailed } from "../files/output-failed.ts"
import { type SeenHolder, type Taken, takeLock } from "../lock/take-lock.ts"
import { repositoryFolder } from "../store/cache.ts"
import { makeCacheFolder } from "./pull-checkpoint.ts"

/**
 * Does something with a model in the cache while no other process does. Waits for one that does, as long as that shows signs of
 * life.
 *
 * @param onWaiting - called with a description of each process that it waits for
 * @param signal - ends the waiting
 * @throws ValenceError `output_failed` if the cache cannot be written to
 */
export async function withRepositoryLock<T>(
  id: string,
  work: () => Promise<T>,
  onWaiting: (holder: string) => void,
  signal?: AbortSignal,
): Promise<T> {
  const folder = repositoryFolder(id)
  const { lock } = await takeIn(folder, holder => onWaiting(describe(holder)), signal)
  try {
    return await work()
  } finally {
    await lock?.release()
    // Of a model that could not be pulled nothing is left, not even its name; folders that hold something stay.
    for (const empty of [folder, dirname(folder)]) await rmdir(empty).catch(() => {})
  }
}

async function takeIn(folder: string, onWaiting: (holder: SeenHolder) => void, signal?: AbortSignal): Promise<Taken> {
  const path = join(folder, "lock")
  for (let attempt = 1; ; attempt++) {
    await makeCacheFolder(folder)
    try {
      return await takeLock(path, { forLiving: true, onWaiting, signal })
    } catch (error) {
      signal?.throwIfAborted()
      // The process that was waited for removed the model, and the folder with it.
      const isRemoved = (asError(error) as NodeJS.ErrnoException).code === "ENOENT" && attempt < 10
      if (!isRemoved) throw outputFailed(path, error)
    }
  }
}

function describe({ description, remainingMs }: SeenHolder): string {
  const inTime = remainingMs > 0 ? `in ${Math.ceil(remainingMs / 1000)} s` : "soon"
  return `${description}; if it stays silent, this process takes over ${inTime}`
}
