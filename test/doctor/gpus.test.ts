import { describe, expect, it } from "vitest"
import { judgeGpus } from "../../src/doctor/gpus.ts"

const gpus = ["NVIDIA A100, 580.10, 40 GiB, 1 GiB", "NVIDIA L4, 580.10, 24 GiB, 0 GiB"]
const list = `GPU 0: NVIDIA A100 (UUID: GPU-1)
  MIG 1g.5gb      Device  0: (UUID: MIG-a)
  MIG 2g.10gb     Device  1: (UUID: MIG-b)
GPU 1: NVIDIA L4 (UUID: GPU-2)`
const lines = (facts: Parameters<typeof judgeGpus>[0]) =>
  judgeGpus(facts).map(({ name, status, found }) => `${name} ${status} ${found}`)

describe("judgeGpus()", () => {
  it("all are visible - the index of each, and MIG instances", () => {
    expect(lines({ gpus, list, visible: undefined })).toEqual([
      `cuda:0 ok ${gpus[0]}`,
      `cuda:1 ok ${gpus[1]}`,
      "MIG 1g.5gb ok MIG-a; use it with CUDA_VISIBLE_DEVICES=MIG-a",
      "MIG 2g.10gb ok MIG-b; use it with CUDA_VISIBLE_DEVICES=MIG-b",
    ])
  })

  it("some are visible - which of them each device is", () => {
    expect(lines({ gpus, list: "", visible: ["1", "GPU-1", "7"] })).toEqual([
      `GPU 0 ok ${gpus[0]}`,
      `GPU 1 ok ${gpus[1]}`,
      `cuda:0 ok CUDA_VISIBLE_DEVICES has 1: ${gpus[1]}`,
      "cuda:1 ok CUDA_VISIBLE_DEVICES has GPU-1: by its UUID",
      "cuda:2 warning CUDA_VISIBLE_DEVICES has 7: there is no such GPU",
    ])
  })

  it("none is visible - a warning; none is there - absent", () => {
    expect(lines({ gpus, list: "", visible: [] }).at(-1)).toBe("NVIDIA warning CUDA_VISIBLE_DEVICES hides every GPU")
    expect(lines({ gpus: [], list: "", visible: undefined })).toEqual(["NVIDIA absent no driver, or no GPU"])
  })
})
