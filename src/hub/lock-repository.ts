import { rmdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { describeHolder, takeLockFile } from "../lock-file.ts"
import { repositoryFolder } from "../model/cache.ts"
import { outputFailed } from "../output-failed.ts"
import { makeCacheFolder } from "./pull-checkpoint.ts"

const lookAgainMs = 200

/**
 * Does something with a model in the cache while no other process does; waits for one that does.
 *
 * @param onWaiting - told once for whom it waits
 * @param signal - ends the waiting
 * @throws ValenceError `output_failed` where the cache cannot be written to
 */
export async function withRepositoryLock<T>(
  id: string,
  work: () => Promise<T>,
  onWaiting: (holder: string) => void,
  signal?: AbortSignal,
): Promise<T> {
  const folder = repositoryFolder(id)
  const lock = join(folder, "lock")
  const take = async () => {
    await makeCacheFolder(folder)
    return takeLockFile(lock).catch(error => {
      throw outputFailed(lock, error)
    })
  }
  let taken = await take()
  if (taken.holder) onWaiting(`${describeHolder(taken.holder)}; if that is gone, remove ${lock}`)
  for (; !taken.release; taken = await take()) await wait(lookAgainMs, undefined, { signal })
  try {
    return await work()
  } finally {
    await taken.release()
    // Of a model that could not be pulled nothing is left, not even its name; folders that hold something stay.
    for (const empty of [folder, dirname(folder)]) await rmdir(empty).catch(() => {})
  }
}
