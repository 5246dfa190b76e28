import { text } from "../../declaration.ts"
import { shown, ValenceError } from "../../errors.ts"
import type { Labeller } from "../../labeller.ts"
import { isProducer } from "../../producer/is-producer.ts"
import { pickOptions } from "../declared-options.ts"
import { openLabellerOrFleet } from "../open-labeller.ts"

/** Fleets of a server besides the one that labels what names no model. */
export const moreFleetsOptions = {
  moreKeyPrefixes: text({
    default: undefined,
    unit: "prefixes",
    env: "VALENCE_MORE_KEY_PREFIXES",
    help: "with --redis: key prefixes of more fleets on that Redis, comma-separated; each labels the requests and jobs that name its model",
  }),
} as const

/** Fleets that are open. */
export interface MoreFleets extends AsyncDisposable {
  readonly fleets: readonly Labeller[]
}

/**
 * Opens the fleets of `--more-key-prefixes`.
 *
 * @param first - what labels if no model is named: the default fleet, or this process
 * @throws ValenceError `option_invalid` without a fleet, or for a prefix that is there twice; what opening a fleet throws
 */
export async function openMoreFleets(
  given: Readonly<Record<string, unknown>>,
  first: Labeller,
  opening: Parameters<typeof openLabellerOrFleet>[1],
): Promise<MoreFleets> {
  const { moreKeyPrefixes = "" } = pickOptions(moreFleetsOptions, given)
  const prefixes = moreKeyPrefixes
    .split(",")
    .map(prefix => prefix.trim())
    .filter(prefix => prefix !== "")
  if (prefixes.length === 0) return { fleets: [], async [Symbol.asyncDispose]() {} }
  if (!isProducer(first))
    throw new ValenceError("option_invalid", "moreKeyPrefixes needs a fleet: give --redis, or set VALENCE_REDIS")
  const all = [first.keyPrefix, ...prefixes]
  const twice = prefixes.find(prefix => all.indexOf(prefix) !== all.lastIndexOf(prefix))
  if (twice !== undefined)
    throw new ValenceError("option_invalid", `moreKeyPrefixes must name each fleet once; got ${shown(twice)} twice`)
  const fleets: Labeller[] = []
  const close = async () => {
    await Promise.all(fleets.map(fleet => fleet.close()))
  }
  try {
    for (const keyPrefix of prefixes)
      fleets.push(await openLabellerOrFleet({ ...given, keyPrefix, whenFull: "reject" }, opening))
  } catch (error) {
    await close()
    throw error
  }
  return { fleets, [Symbol.asyncDispose]: close }
}
