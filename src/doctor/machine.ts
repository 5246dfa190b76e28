import { existsSync, readFileSync } from "node:fs"
import { availableParallelism, cpus, freemem, totalmem } from "node:os"
import { cgroupCores, grantedCores } from "../classifier/plan/granted-cores.ts"
import type { Finding } from "./finding.ts"

/** The oldest Node that Valence runs on: package.json says so too. */
const oldestNode = [20, 19] as const

/** Instructions that speed up int8 and fp32 sums: Linux's name, and the usual one; the best last. */
const instructions = [
  ["avx2", "AVX2"],
  ["avx512f", "AVX-512"],
  ["avx_vnni", "AVX-VNNI"],
  ["avx512_vnni", "AVX-512 VNNI"],
  ["amx_int8", "AMX int8"],
  ["asimddp", "dot products"],
  ["i8mm", "int8 matrix products"],
] as const

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`

function judgeNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isNew = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
  const finding = { section: "machine", name: "Node", found: version } as const
  if (isNew) return { ...finding, status: "ok" }
  return { ...finding, status: "missing", remedy: `install Node ${oldestNode.join(".")} or newer` }
}

function judgeCores(): Finding {
  const quota = cgroupCores()
  const limit = quota === Infinity ? "no cgroup quota" : `cgroup quota ${quota.toFixed(2)}`
  const found = `${grantedCores()} granted (${cpus().length} in the machine, ${availableParallelism()} by affinity, ${limit})`
  return { section: "machine", name: "cores", status: "ok", found }
}

/**
 * A CPU by its name and its instructions.
 *
 * @param flags - as in `/proc/cpuinfo`; `undefined` if the system does not list them
 */
export function judgeCpu(model: string, flags: ReadonlySet<string> | undefined): Finding {
  const finding = { section: "machine", name: "CPU" } as const
  if (flags === undefined) return { ...finding, status: "ok", found: model }
  const known = instructions.filter(([flag]) => flags.has(flag)).map(([, name]) => name)
  const found = `${model}: ${known.join(", ") || "neither AVX2 nor anything newer"}`
  return { ...finding, status: "ok", found }
}

function cpuFlags(): ReadonlySet<string> | undefined {
  if (!existsSync("/proc/cpuinfo")) return undefined
  const line = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]
  return line === undefined ? undefined : new Set(line.split(" "))
}

function judgeMemory(): Finding {
  const total = totalmem()
  const constrained = process.constrainedMemory()
  const limit = constrained > 0 && constrained < total ? `${gigabytes(constrained)} granted, of ` : ""
  const found = `${limit}${gigabytes(total)}, ${gigabytes(freemem())} free`
  return { section: "machine", name: "memory", status: "ok", found }
}

/** Node, cores, CPU and memory. */
export function examineMachine(): Finding[] {
  return [judgeNode(), judgeCores(), judgeCpu(cpus()[0]?.model.trim() ?? "unknown", cpuFlags()), judgeMemory()]
}
