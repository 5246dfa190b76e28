import { pullIfMissing } from "../../hub/pull-model.ts"
import type { OnPull } from "../../hub/pull-progress.ts"
import type { GraphDtype } from "../../model/dtype.ts"
import { builtDtypes, findInstalled, findModel, type StoredModel } from "../../store/store.ts"
import type { NamedDevice } from "./read-devices.ts"

/**
 * The precisions that suit devices, the best first: each of them must compute the same graph, or a text's scores would depend
 * on where it went.
 */
export function dtypesFor(devices: readonly NamedDevice[]): readonly GraphDtype[] {
  const [first, ...others] = devices.map(({ provider }) => provider.dtypes)
  const common = first?.filter(dtype => others.every(dtypes => dtypes.includes(dtype))) ?? []
  return common.length > 0 ? common : ["fp32"]
}

/** Which graph is wanted, and whether it may come from the hub. */
export interface WantedGraph {
  readonly model: string
  readonly dtype: GraphDtype | "auto"
  readonly offline: boolean
}

/**
 * The graph that devices run: of the precision that was asked for, or for `auto` the best that is there. A model that is on
 * the hub alone is pulled.
 *
 * @throws ValenceError `model_not_found`, with the command that builds the graph; as `pullModel`
 */
export async function chooseGraph(
  { model, dtype: asked, offline }: WantedGraph,
  devices: readonly NamedDevice[],
  onPull?: OnPull,
  signal?: AbortSignal,
): Promise<StoredModel> {
  const dtypes = asked === "auto" ? dtypesFor(devices) : [asked]
  const folder = dtypes.length > 1 ? await findInstalled(model) : undefined
  const built = folder === undefined ? [] : await builtDtypes(folder)
  const dtype = dtypes.find(one => built.includes(one)) ?? (dtypes[0] as GraphDtype)
  await pullIfMissing({ model, dtype, asked, offline }, onPull, signal)
  return findModel(model, dtype, asked)
}
