import { readFileSync } from "node:fs"

/** Kinds of CPU by their best instruction for int8 products, the best first: folders of bench/snapshot, and how a page names them. */
export const cpuKinds = {
  amx: "AMX",
  "avx512-vnni": "AVX-512 VNNI",
  "avx-vnni": "AVX-VNNI",
  avx2: "AVX2",
  arm64: "arm64",
  other: "any other",
} as const

/** One of them. */
export type CpuKind = keyof typeof cpuKinds

/** Flags of /proc/cpuinfo, or words of its arm64 features. */
const flagsOfKinds = [
  ["amx", "amx_int8"],
  ["avx512-vnni", "avx512_vnni"],
  ["avx-vnni", "avx_vnni"],
  ["avx2", "avx2"],
] as const

/**
 * The kind of this machine's CPU.
 *
 * @param cpuinfo - the content of /proc/cpuinfo; an x64 system without one counts as `other`
 */
export function cpuKind(cpuinfo = readCpuinfo(), arch: string = process.arch): CpuKind {
  if (arch === "arm64") return "arm64"
  const flags = new Set(/^flags\s*: (.*)/m.exec(cpuinfo)?.[1]?.split(" "))
  return flagsOfKinds.find(([, flag]) => flags.has(flag))?.[0] ?? "other"
}

function readCpuinfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8")
  } catch {
    return ""
  }
}
