import { ValenceError } from "../errors.ts"
import { buildModel } from "../graph/build-model.ts"
import { findCached } from "../store/cache.ts"
import { type HubName, showHubName } from "../store/hub-name.ts"
import { hasGraph, hasWeights } from "../store/store.ts"
import { isOffline, readHubSettings } from "./hub-settings.ts"
import { findSnapshot, huggingFaceCache } from "./hugging-face-cache.ts"
import { listCommit } from "./list-commit.ts"
import { withRepositoryLock } from "./lock-repository.ts"
import { type Hub, openHub } from "./open-hub.ts"
import { addOnnxGraph, type OnDownload, pullCheckpoint } from "./pull-checkpoint.ts"
import type { OnPull, Wanted } from "./pull-progress.ts"
import { hubSource, snapshotSource } from "./sources.ts"

/** Wait after a first failure, ms. */
const backoffMs = 500

/**
 * Sees to it that a model of the hub, and its graph, are in the cache: from Hugging Face's own cache, or from the hub.
 *
 * @throws ValenceError as `pullModel`
 */
export async function bringModel(
  name: HubName,
  wanted: Wanted,
  onProgress: OnPull,
  signal?: AbortSignal,
): Promise<void> {
  const isAlone = wanted.offline || isOffline()
  if (isAlone) await requireThere(name)
  const work = async () => {
    const onDownload: OnDownload = progress => onProgress({ step: "downloading", ...progress })
    const { dtype, onnx } = wanted
    const folder =
      (await takeWhatIsThere(name, wanted, isAlone, onDownload)) ?? (await pull(name, wanted, onProgress, signal))
    if (!(await hasWeights(folder))) {
      if (await hasGraph(folder, dtype ?? "fp32", onnx)) return
      return pullGraph(name, wanted, folder, isAlone, onProgress, signal)
    }
    if (dtype === undefined || (await hasGraph(folder, dtype, onnx))) return
    onProgress({ step: "building", dtype })
    // Between two values of a calibration, which is what takes minutes.
    await buildModel(folder, { dtype }, () => signal?.throwIfAborted())
    signal?.throwIfAborted()
  }
  const onWaiting = (holder: string) => onProgress({ step: "waiting", holder })
  await withRepositoryLock(name.id, work, onWaiting, signal).catch(error => {
    if (!signal?.aborted) throw error
    const message = `model ${showHubName(name)} was not pulled completely, because the pull was stopped; what came is kept, and the same command continues from there`
    throw new ValenceError("aborted", message, { cause: error })
  })
}

async function requireThere(name: HubName): Promise<void> {
  if ((await findCached(name)) !== undefined || (await findSnapshot(name)) !== undefined) return
  const shown = showHubName(name)
  throw new ValenceError(
    "model_not_found",
    `model ${shown} is not in the cache, the hub may not be used (--offline or HF_HUB_OFFLINE), and Hugging Face's cache, ${huggingFaceCache()}, does not have it either; pull it on a machine that may use the hub: valence models pull ${shown}`,
  )
}

/**
 * The folder of a model that this machine has: in the cache, or else in that of Hugging Face's libraries, from where it is taken.
 *
 * @returns `undefined` if the hub is to be asked
 */
async function takeWhatIsThere(
  name: HubName,
  { asksHub, onnx }: Wanted,
  isAlone: boolean,
  onDownload: OnDownload,
): Promise<string | undefined> {
  if (asksHub && !isAlone) return undefined
  const cached = await findCached(name)
  const snapshot = cached === undefined ? await findSnapshot(name) : undefined
  if (snapshot === undefined) return cached
  return pullCheckpoint(name, snapshot, snapshotSource(name, snapshot), onnx, onDownload).catch(error => {
    // What other programs needed of it need not be all that is needed here.
    if (isAlone) throw error
    return undefined
  })
}

async function withHub<T>(
  onProgress: OnPull,
  signal: AbortSignal | undefined,
  use: (hub: Hub) => Promise<T>,
): Promise<T> {
  const onFailure = ({ message: problem }: ValenceError, waitMs: number) =>
    onProgress({ step: "retrying", problem, waitMs })
  const hub = openHub(await readHubSettings(), { backoffMs, onFailure, signal })
  try {
    return await use(hub)
  } finally {
    await hub.close()
  }
}

function pull(name: HubName, { onnx }: Wanted, onProgress: OnPull, signal: AbortSignal | undefined): Promise<string> {
  return withHub(onProgress, signal, async hub => {
    const commit = await listCommit(name, hub)
    return pullCheckpoint(name, commit, hubSource(name, hub), onnx, progress =>
      onProgress({ step: "downloading", ...progress }),
    )
  })
}

/** Another ONNX graph of a commit that is in the cache. */
async function pullGraph(
  name: HubName,
  { onnx }: Wanted,
  folder: string,
  isAlone: boolean,
  onProgress: OnPull,
  signal: AbortSignal | undefined,
): Promise<void> {
  const onDownload: OnDownload = progress => onProgress({ step: "downloading", ...progress })
  const commit = { id: name.id, revision: commitOf(folder) }
  const snapshot = await findSnapshot(commit)
  const isAdded = await (snapshot
    ? addOnnxGraph(commit, snapshot, snapshotSource(name, snapshot), onnx, folder, onDownload).then(
        () => true,
        () => false,
      )
    : false)
  // `findModel` says which graphs are there.
  if (isAdded || isAlone) return
  await withHub(onProgress, signal, async hub =>
    addOnnxGraph(commit, await listCommit(commit, hub), hubSource(name, hub), onnx, folder, onDownload),
  )
}

const commitOf = (folder: string) => folder.split(/[/\\]/).at(-1) ?? ""
