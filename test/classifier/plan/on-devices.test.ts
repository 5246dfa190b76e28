import { describe, expect, it } from "vitest"
import { onDevices } from "../../../src/classifier/plan/on-devices.ts"
import { ValenceError } from "../../../src/errors.ts"
import { listSupportedBackends } from "../../../src/model/runtime/onnx-runtime.ts"

const names = async (devices: readonly { readonly name: string }[]) => devices.map(({ name }) => name)
const hasCuda = listSupportedBackends().some(({ name, bundled }) => name === "cuda" && bundled)

describe("onDevices", () => {
  it("devices that are named - opens them, and no other where they fail", async () => {
    expect(await onDevices({ device: "cpu:1,cpu:2", children: undefined }, names)).toEqual({
      opened: ["cpu:1", "cpu:2"],
      fellBack: undefined,
    })
    const missing = async () => Promise.reject(new ValenceError("device_missing", "no"))
    await expect(onDevices({ device: "cuda:0", children: undefined }, missing)).rejects.toMatchObject({
      code: "device_missing",
    })
  })

  it.skipIf(hasCuda)("auto, without a GPU - opens the CPU, and says why", async () => {
    const { opened, fellBack } = await onDevices({ device: "auto", children: undefined }, names)
    expect(opened).toEqual(["cpu"])
    expect(fellBack).toMatch(/^device auto is cpu here: cuda:0 can't be used: .*onnxruntime-node/)
  })

  it("auto, where the CPU fails too - its error", async () => {
    const failing = async () => Promise.reject(new ValenceError("model_invalid", "broken"))
    await expect(onDevices({ device: "auto", children: undefined }, failing)).rejects.toMatchObject({
      code: "model_invalid",
    })
  })
})
