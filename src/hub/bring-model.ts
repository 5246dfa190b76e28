import { ValenceError } from "../errors.ts"
import { buildModel } from "../graph/build-model.ts"
import { findCached } from "../model/cache.ts"
import { type HubName, showHubName } from "../model/hub-name.ts"
import { builtDtypes } from "../model/store.ts"
import { isOffline, readHubSettings } from "./hub-settings.ts"
import { withRepositoryLock } from "./lock-repository.ts"
import { openHub } from "./open-hub.ts"
import { pullCheckpoint } from "./pull-checkpoint.ts"
import type { OnPull, Wanted } from "./pull-model.ts"

/** Wait after a first failure, ms. */
const backoffMs = 500

/**
 * Sees to it that a model of the hub, and its graph, are in the cache.
 *
 * @throws ValenceError as `pullModel`
 */
export async function bringModel(
  name: HubName,
  { dtype, offline, asksHub }: Wanted,
  onProgress: OnPull,
  signal?: AbortSignal,
): Promise<void> {
  const isAlone = offline || isOffline()
  if (isAlone) await requireCached(name)
  const work = async () => {
    const cached = asksHub && !isAlone ? undefined : await findCached(name)
    const folder = cached ?? (await pull(name, onProgress, signal))
    if (dtype === undefined || (await builtDtypes(folder)).includes(dtype)) return
    onProgress({ step: "building", dtype })
    // Between two values of a calibration, which is what takes minutes.
    await buildModel(folder, { dtype }, () => signal?.throwIfAborted())
    signal?.throwIfAborted()
  }
  const onWaiting = (holder: string) => onProgress({ step: "waiting", holder })
  await withRepositoryLock(name.id, work, onWaiting, signal).catch(error => {
    if (!signal?.aborted) throw error
    const message = `model ${showHubName(name)} is not there yet, because its pull was stopped; what came is kept, and the same command goes on behind it`
    throw new ValenceError("aborted", message, { cause: error })
  })
}

async function requireCached(name: HubName): Promise<void> {
  if ((await findCached(name)) !== undefined) return
  const shown = showHubName(name)
  throw new ValenceError(
    "model_not_found",
    `model ${shown} must be in the cache, because the hub may not be asked (--offline or HF_HUB_OFFLINE); pull it where it may: valence models pull ${shown}`,
  )
}

async function pull(name: HubName, onProgress: OnPull, signal: AbortSignal | undefined): Promise<string> {
  const onFailure = ({ message: problem }: ValenceError, waitMs: number) =>
    onProgress({ step: "retrying", problem, waitMs })
  const hub = openHub(await readHubSettings(), { backoffMs, onFailure, signal })
  try {
    return await pullCheckpoint(name, hub, progress => onProgress({ step: "downloading", ...progress }))
  } finally {
    await hub.close()
  }
}
