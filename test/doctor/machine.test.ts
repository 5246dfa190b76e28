import { describe, expect, it } from "vitest"
import { withRemedy } from "../../src/doctor/finding.ts"
import { judgeCpu } from "../../src/doctor/machine.ts"

describe("judgeCpu", () => {
  it.each([
    ["sse2 avx2", "AVX2"],
    ["sse2", "neither AVX2 nor anything newer"],
    ["avx2 avx_vnni", "AVX2, AVX-VNNI"],
    ["avx2 avx512f avx512_vnni amx_int8", "AVX2, AVX-512, AVX-512 VNNI, AMX int8"],
    ["asimd asimddp i8mm", "dot products, int8 matrix products"],
  ])("%s - ok, with what it has", (flags, found) => {
    expect(judgeCpu("CPU", new Set(flags.split(" ")))).toMatchObject({ status: "ok", found: `CPU: ${found}` })
  })

  it("a system that does not tell - ok, with its name", () => {
    expect(judgeCpu("CPU", undefined)).toMatchObject({ status: "ok", found: "CPU" })
  })
})

describe("withRemedy", () => {
  it.each([
    ["no graph; build it with: valence models build x", { found: "no graph", remedy: "valence models build x" }],
    ["evicts; fix: redis-cli CONFIG SET a b", { found: "evicts", remedy: "redis-cli CONFIG SET a b" }],
    ["is not there; it has cpu, webgpu", { found: "is not there; it has cpu, webgpu" }],
  ])("%s", (message, taken) => {
    expect(withRemedy(message)).toEqual(taken)
  })
})
