import { availableParallelism } from "node:os"
import { shown, ValenceError } from "../../errors.ts"
import { grantedCores } from "./granted-cores.ts"
import { type Provider, providers } from "./providers.ts"

/** A device that was asked for. */
export interface NamedDevice {
  /** As it was asked for: `cpu`, `cpu:2`, `cuda:1`. */
  readonly name: string
  readonly provider: Provider
  /** Which of several of its kind. */
  readonly index: number
  /** Child processes that compute on it. */
  readonly children: number
  /** Whether the user chose their number: otherwise fewer may do. */
  readonly childrenGiven: boolean
}

/** More children than a few for each core only take memory: a slip of the finger is not to take a machine down. */
const most = { children: Math.max(16, 4 * availableParallelism()), index: 1023 }

const forms = providers.map(({ device, number }) => device + { children: "[:N]", index: "[:i]", none: "" }[number])
const rule = `must be auto, or one or several of ${forms.join(", ")}, with N from 1 to ${most.children} and i from 0 to ${most.index}`

/** @param asked - children of a device that has no number of its own */
function readDevice(name: string, asked: number | undefined): NamedDevice | undefined {
  const [, device, digits] = /^([a-z]+)(?::(\d{1,4}))?$/.exec(name) ?? []
  const provider = providers.find(known => known.device === device)
  if (provider === undefined || (digits !== undefined && provider.number === "none")) return undefined
  if (provider.number === "children") {
    const given = digits === undefined ? asked : Number(digits)
    const children = given ?? grantedCores()
    const fits = children >= 1 && children <= most.children
    return fits ? { name, provider, index: 0, children, childrenGiven: given !== undefined } : undefined
  }
  const index = Number(digits ?? 0)
  return index <= most.index ? { name, provider, index, children: asked ?? 1, childrenGiven: true } : undefined
}

/**
 * The devices that a list names.
 *
 * @example
 * readDevices('cpu:1,cuda:0') // → one child on the CPU, one on the first GPU
 * readDevices('cpu:1,cuda:0', 2) // → one child on the CPU, two on the first GPU
 *
 * @param children - of each device that has no number of its own; `undefined` for as many as suit it
 * @throws ValenceError `option_invalid`; also for `auto`, which the caller resolves
 */
export function readDevices(list: string, children?: number): NamedDevice[] {
  if (children !== undefined && children > most.children)
    throw new ValenceError(
      "option_invalid",
      `children must be a whole number of child processes, 1 to ${most.children} on this machine; got ${children}`,
    )
  const names = list.split(",")
  if (new Set(names).size < names.length)
    throw new ValenceError("option_invalid", `device must name no device twice; got ${shown(list)}`)
  return names.map(name => {
    const device = readDevice(name, children)
    if (device === undefined) throw new ValenceError("option_invalid", `device ${rule}; got ${shown(list)}`)
    return device
  })
}
