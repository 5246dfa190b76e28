import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname, join } from "node:path"

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return undefined
  }
}

/** Cores that a quota of one cgroup folder grants; `Infinity` if it has none. */
function quotaOf(folder: string): number {
  const [quota, period] = read(join(folder, "cpu.max"))?.split(" ") ?? [
    read(join(folder, "cpu.cfs_quota_us")),
    read(join(folder, "cpu.cfs_period_us")),
  ]
  const cores = Number(quota) / Number(period)
  return cores > 0 ? cores : Infinity
}

/**
 * Cores that the control groups of this process grant: the smallest quota from its own group up to the root.
 *
 * @param root - where cgroup v2 (or v1's `cpu` controller below it) is mounted
 * @returns `Infinity` if no group sets a quota, or there are no control groups
 */
export function cgroupCores(membership = "/proc/self/cgroup", root = "/sys/fs/cgroup"): number {
  let cores = Infinity
  for (const line of read(membership)?.split("\n") ?? []) {
    const [, controllers, path] = line.split(":")
    if (path === undefined || controllers === undefined) continue
    const v1 = controllers.split(",").includes("cpu")
    if (controllers !== "" && !v1) continue
    const mounts = v1 ? [join(root, "cpu"), join(root, controllers)] : [root]
    for (const mount of mounts) {
      for (let group = path; ; group = dirname(group)) {
        cores = Math.min(cores, quotaOf(join(mount, group)))
        if (group === "/" || group === ".") break
      }
    }
  }
  return cores
}

/** Whole cores that this process may use: affinity and cgroup quota respected, at least 1. */
export function grantedCores(): number {
  return Math.max(1, Math.floor(Math.min(availableParallelism(), cgroupCores())))
}
