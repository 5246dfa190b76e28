import { describe, expect, it } from "vitest"
import { readDevices } from "../../../src/classifier/plan/read-devices.ts"
import { gpuOfChild, hiddenReason, visibleGpus } from "../../../src/classifier/plan/visible-gpus.ts"

const one = (name: string) => readDevices(name)[0] as ReturnType<typeof readDevices>[0]
const uuid = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"
const mig = ["MIG-4e9b0d0e-1d3a-5d9b-8f2f-1c1e6b0a7c11", "MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/1/0"]
const env = (list: string) => ({ CUDA_VISIBLE_DEVICES: list })

describe("visibleGpus()", () => {
  it.each([
    ["2, 0", ["2", "0"]],
    [uuid, [uuid]],
    [mig.join(), mig],
    ["0,-1,1", ["0"]],
    ["", []],
    ["NoDevFiles", []],
  ])("%j - %j", (list, gpus) => {
    expect(visibleGpus(env(list))).toEqual(gpus)
  })

  it("not set - all", () => {
    expect(visibleGpus({})).toBeUndefined()
  })
})

describe("hiddenReason()", () => {
  it.each([
    ["cuda:1", "3", "CUDA_VISIBLE_DEVICES=3 shows cuda:0 only"],
    ["tensorrt:2", "3,4", "CUDA_VISIBLE_DEVICES=3,4 shows tensorrt:0, tensorrt:1 only"],
    ["cuda:0", "-1", "CUDA_VISIBLE_DEVICES=-1 hides every GPU"],
  ])("%s of %j - says what is shown", (name, list, reason) => {
    expect(hiddenReason(one(name), env(list))).toBe(reason)
  })

  it("a GPU that is shown, or another kind of device - nothing", () => {
    expect(hiddenReason(one("cuda:1"), env("3,4"))).toBeUndefined()
    expect(hiddenReason(one("cuda:7"), {})).toBeUndefined()
    expect(hiddenReason(one("cpu"), env(""))).toBeUndefined()
    expect(hiddenReason(one("webgpu"), env(""))).toBeUndefined()
  })
})

describe("gpuOfChild()", () => {
  it("a child sees its own GPU or MIG instance, as the first", () => {
    expect(gpuOfChild(one("cuda:1"), env(mig.join()))).toEqual({ index: 0, visibleGpu: mig[1] })
    expect(gpuOfChild(one("cuda:1"), env("2,0"))).toEqual({ index: 0, visibleGpu: "0" })
  })

  it("CUDA_VISIBLE_DEVICES is not set, or means nothing to the device - the index alone", () => {
    expect(gpuOfChild(one("cuda:1"), {})).toEqual({ index: 1, visibleGpu: undefined })
    expect(gpuOfChild(one("directml:1"), env("2,0"))).toEqual({ index: 1, visibleGpu: undefined })
  })
})
