import type { Complete } from "../declaration.ts"
import type { ClassifierEmitter } from "../events.ts"
import type { OnPull } from "../hub/pull-progress.ts"
import type { ModelInfo, ScoreFunction } from "../labeller.ts"
import type { Shape } from "../model/micro-batch.ts"
import { readTask } from "../model/read-task.ts"
import { scoreFunctionOf } from "../model/scores.ts"
import type { TaskConfig } from "../model/task-config.ts"
import { loadTokenizer, type Tokenizer } from "../model/tokenizer/tokenizer.ts"
import type { classifierOptions } from "../options.ts"
import type { StoredModel } from "../store/store.ts"
import { Dispatcher } from "./batcher/dispatcher.ts"
import { type StartDevice, startChildDevice } from "./devices/device.ts"
import type { SessionSettings } from "./devices/device-protocol.ts"
import type { PooledDevice } from "./devices/slot.ts"
import { chooseGraph } from "./plan/choose-graph.ts"
import { childrenOf, limitsOf, shapesOf, threadsOf } from "./plan/plan-device.ts"
import type { NamedDevice } from "./plan/read-devices.ts"
import type { Tuning } from "./plan/tuning.ts"
import { gpuOfChild } from "./plan/visible-gpus.ts"
import { keepTuning, readTuning } from "./tuning/tune-cache.ts"
import { tuneDevice, tuningKey } from "./tuning/tune-device.ts"

type Settings = Complete<typeof classifierOptions>

/** How long to measure a device before labelling on it. */
const tuningLimitMs = 4000

/** A model that was found for devices, and is not loaded yet. */
export interface FoundModel {
  readonly info: ModelInfo
  readonly stored: StoredModel
  readonly config: TaskConfig
  /** Starts a child of a device, whose runs have one thread if no more is said. */
  startOn(device: NamedDevice, warmUp: readonly Shape[], threads?: number): StartDevice
}

/** A device with all that is known of it. */
export type PlannedDevice = PooledDevice & { readonly tuning: Tuning | undefined }

/** The parts of a classifier. */
export interface OpenModel {
  readonly info: ModelInfo
  readonly scoreFunction: ScoreFunction
  readonly tokenizer: Tokenizer
  readonly dispatcher: Dispatcher
  readonly devices: readonly PlannedDevice[]
}

/**
 * Finds the graph that devices run, on the hub if it is nowhere else.
 *
 * @throws ValenceError `model_not_found`, `model_invalid`; as `pullModel`
 */
export async function findModelFor(
  devices: readonly NamedDevice[],
  settings: Pick<Settings, "model" | "dtype" | "offline" | "startTimeoutMs" | "runTimeoutMs">,
  onPull?: OnPull,
  signal?: AbortSignal,
): Promise<FoundModel> {
  const stored = await chooseGraph(settings, devices, onPull, signal)
  const config = await readTask(stored.folder, stored.graph)
  const { name, revision, dtype } = stored
  const { labels, maxLength } = config
  return {
    info: { name, revision, dtype, labels, maxLength },
    stored,
    config,
    startOn(of, warmUp, threads = 1) {
      const device = { name: of.name, provider: of.provider.device, ...gpuOfChild(of) }
      const warmUpMs = settings.startTimeoutMs / 2
      const common = { graph: stored.graph, labels: labels.length, device, threads }
      const session: SessionSettings = { ...common, warmUp, warmUpMs }
      return signal => startChildDevice(session, settings, signal)
    },
  }
}

/** What is known of a device's speed with a model, or is found out now. A measurement that fails costs no one a run. */
async function tuningOf(device: NamedDevice, model: FoundModel, { tune }: Settings): Promise<Tuning | undefined> {
  if (tune === "off") return undefined
  const key = tuningKey(device, model.info)
  const known = await readTuning(key)
  if (known !== undefined || tune !== "measure") return known
  const tuning = await tuneDevice(device, model.info, model.startOn(device, []), tuningLimitMs).catch(() => undefined)
  if (tuning !== undefined) await keepTuning(key, tuning)
  return tuning
}

async function planDevice(device: NamedDevice, model: FoundModel, settings: Settings): Promise<PlannedDevice> {
  const tuning = await tuningOf(device, model, settings)
  const limits = limitsOf(device, settings, tuning)
  const shapes = shapesOf(device, limits, model.info.maxLength)
  const threads = threadsOf(device)
  return {
    name: device.name,
    children: childrenOf(device, tuning),
    start: model.startOn(device, shapes?.all ?? []),
    startWide: threads > 1 ? model.startOn(device, [], threads) : undefined,
    limits,
    shapes,
    tuning,
  }
}

/**
 * Loads a model onto devices, and its tokenizer.
 *
 * @throws ValenceError `model_not_found`, `model_invalid`, `device_missing`, `device_failed`
 */
export async function openModel(
  named: readonly NamedDevice[],
  settings: Settings,
  events: ClassifierEmitter | undefined,
  onPull: OnPull | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenModel> {
  const model = await findModelFor(named, settings, onPull, signal)
  const devices: PlannedDevice[] = []
  // One after the other: they would slow one another while they are measured.
  for (const device of named) devices.push(await planDevice(device, model, settings))
  const [dispatcher, tokenizer] = await bothOrNeither(
    Dispatcher.start({ ...settings, devices, ...(events && { events }), padId: model.config.padId }),
    loadTokenizer(model.stored.folder),
  )
  return { info: model.info, scoreFunction: scoreFunctionOf(model.config), tokenizer, dispatcher, devices }
}

/** Loads while the devices start; a dispatcher whose tokenizer cannot be loaded is of no use. */
async function bothOrNeither<T>(starting: Promise<Dispatcher>, loading: Promise<T>): Promise<[Dispatcher, T]> {
  const [dispatcher, loaded] = await Promise.allSettled([starting, loading])
  if (dispatcher.status === "rejected") throw dispatcher.reason
  if (loaded.status === "fulfilled") return [dispatcher.value, loaded.value]
  dispatcher.value.destroy()
  throw loaded.reason
}
