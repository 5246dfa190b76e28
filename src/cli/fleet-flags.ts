import type { Command } from "commander"
import { ValenceError } from "../errors.ts"
import { classifierOptions } from "../options.ts"
import { flagOf } from "./declared-options.ts"
import { fleetOptions } from "./open-labeller.ts"

/** Chunks under way through a fleet, unless the command line says: enough for several workers. */
const fleetChunks = 64

type Given = Readonly<Record<string, unknown>>

/**
 * What a command was given, with the defaults of a run through a fleet where it has `--redis`.
 *
 * @throws ValenceError `option_invalid` for a flag that would do nothing: workers choose their model, and only a fleet has
 * priorities
 */
export function withFleetDefaults(given: Given, command: Command): Given {
  const wasGiven = (name: string) => command.getOptionValueSource(name) === "cli"
  const toFleet = given["redis"] !== undefined
  for (const name of Object.keys(toFleet ? classifierOptions : fleetOptions))
    if (name !== "redis" && wasGiven(name)) {
      const rule = toFleet ? "must not be given with --redis: the workers decide" : "must be given with --redis alone"
      throw new ValenceError("option_invalid", `${flagOf(name)} ${rule}; got ${String(given[name])}`)
    }
  return toFleet && !wasGiven("maxChunks") ? { ...given, maxChunks: fleetChunks } : given
}
