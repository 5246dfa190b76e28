import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { cgroupCores, grantedCores } from "../../../src/classifier/plan/granted-cores.ts"

function cgroup(files: Record<string, string>, membership: string): [string, string] {
  const root = mkdtempSync(join(tmpdir(), "cgroup-"))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  writeFileSync(join(root, "membership"), membership)
  return [join(root, "membership"), root]
}

describe("cgroupCores", () => {
  it("version 2 - is the smallest quota on the way to the root", () => {
    const files = { "pod/cpu.max": "150000 100000\n", "pod/box/cpu.max": "max 100000\n" }
    expect(cgroupCores(...cgroup(files, "0::/pod/box\n"))).toBe(1.5)
  })

  it("version 1 - reads the cpu controller", () => {
    const files = { "cpu/box/cpu.cfs_quota_us": "200000\n", "cpu/box/cpu.cfs_period_us": "100000\n" }
    expect(cgroupCores(...cgroup(files, "3:memory:/other\n2:cpu,cpuacct:/box\n"))).toBe(2)
  })

  it("without a quota or a cgroup - is Infinity", () => {
    expect(cgroupCores(...cgroup({ "cpu.cfs_quota_us": "-1" }, "0::/\n"))).toBe(Infinity)
    expect(cgroupCores("/nowhere", "/nowhere")).toBe(Infinity)
  })
})

describe("grantedCores", () => {
  it("gives no more than Node would use, and at least one", () => {
    expect(grantedCores()).toBeGreaterThanOrEqual(1)
    expect(grantedCores()).toBeLessThanOrEqual(availableParallelism())
  })
})
