import { availableParallelism } from "node:os"
import { describe, expect, it } from "vitest"
import { grantedCores } from "../../../src/classifier/plan/granted-cores.ts"
import { readDevices } from "../../../src/classifier/plan/read-devices.ts"

const read = (list: string) =>
  readDevices(list).map(({ name, provider, index, children }) => ({ name, provider: provider.name, index, children }))

describe("readDevices", () => {
  it("cpu - a child for each granted core, which nobody has fixed", () => {
    expect(readDevices("cpu")).toMatchObject([{ name: "cpu", children: grantedCores(), childrenGiven: false }])
    expect(readDevices("cpu:4")).toMatchObject([{ name: "cpu:4", children: 4, childrenGiven: true }])
  })

  it("a list - each of them, a child on a GPU", () => {
    expect(read("cpu:1,cuda:0,cuda:1")).toEqual([
      { name: "cpu:1", provider: "cpu", index: 0, children: 1 },
      { name: "cuda:0", provider: "cuda", index: 0, children: 1 },
      { name: "cuda:1", provider: "cuda", index: 1, children: 1 },
    ])
  })

  it.each([
    ["cuda", "cuda", 0],
    ["tensorrt:2", "tensorrt", 2],
    ["rocm:1", "migraphx", 1],
    ["migraphx", "migraphx", 0],
    ["coreml", "coreml", 0],
    ["directml:1023", "dml", 1023],
    ["webgpu", "webgpu", 0],
    ["openvino", "openvino", 0],
  ])("%s - provider %s, index %i", (device, provider, index) => {
    expect(read(device)).toEqual([{ name: device, provider, index, children: 1 }])
  })

  it.each(["cpu:0", "cpu:x", "cpu:9999", "gpu", "", "cuda:1024", "webgpu:0", "cpu,", "cpu,auto", "CPU"])(
    "%j - names option, rule and value",
    list => {
      expect(() => readDevices(list)).toThrow(
        "device must be auto, or one or several of cpu[:N], cuda[:i], tensorrt[:i], rocm[:i], migraphx[:i], coreml, " +
          "directml[:i], webgpu, openvino, with N from 1 to " +
          `${Math.max(16, 4 * availableParallelism())} and i from 0 to 1023; got ` +
          JSON.stringify(list),
      )
    },
  )

  it("children - of every device that has no number of its own", () => {
    const children = (list: string) => readDevices(list, 2).map(device => [device.name, device.children])
    expect(children("cuda:0,cuda:1,webgpu")).toEqual([
      ["cuda:0", 2],
      ["cuda:1", 2],
      ["webgpu", 2],
    ])
    expect(children("cpu,cpu:3")).toEqual([
      ["cpu", 2],
      ["cpu:3", 3],
    ])
    expect(readDevices("cpu", 2)).toMatchObject([{ childrenGiven: true }])
    expect(() => readDevices("cuda:0", 9999)).toThrow(
      /^children must be a whole number of child processes, 1 to \d+ on/,
    )
  })

  it("a device twice - refused", () => {
    expect(() => readDevices("cuda:0,cuda:0")).toThrow('device must name no device twice; got "cuda:0,cuda:0"')
  })
})
