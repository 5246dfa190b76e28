import { expect, it } from "vitest"
import { childEnvironment } from "../../../src/classifier/devices/child-environment.ts"

const cpu = { name: "cpu:1", provider: "cpu", index: 0 }
const gpu = { name: "cuda:1", provider: "cuda", index: 0, visibleGpu: "MIG-1" }

it("childEnvironment() of a CPU - asks for huge pages", () => {
  expect(childEnvironment(cpu, { HOME: "/root" })).toEqual({ HOME: "/root", GLIBC_TUNABLES: "glibc.malloc.hugetlb=1" })
})

it("childEnvironment() with tunables of the user - keeps them", () => {
  const tunablesOf = (GLIBC_TUNABLES: string) => childEnvironment(cpu, { GLIBC_TUNABLES })["GLIBC_TUNABLES"]
  expect(tunablesOf("glibc.malloc.arena_max=1")).toBe("glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1")
  expect(tunablesOf("glibc.malloc.hugetlb=0")).toBe("glibc.malloc.hugetlb=0")
})

it("childEnvironment() of a GPU - names the GPU that it sees, and leaves malloc alone", () => {
  expect(childEnvironment(gpu, {})).toEqual({ CUDA_VISIBLE_DEVICES: "MIG-1" })
})

it("childEnvironment() of a process with a debugger - leaves it out", () => {
  const { NODE_OPTIONS } = childEnvironment(cpu, { NODE_OPTIONS: "--inspect-brk=9229 --max-old-space-size=100" })
  expect(NODE_OPTIONS).toBe("--max-old-space-size=100")
})
