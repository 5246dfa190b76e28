import { expect, it } from "vitest"
import { DeviceShapes } from "../../src/classifier/plan/device-shapes.ts"
import { judgeShapes } from "../../src/doctor/shapes.ts"

it("judgeShapes - lists the largest shape of each length, and nothing for a device that takes any", () => {
  const shapes = new DeviceShapes({ tokens: 64, rowsApart: 2 }, { maxBatchTokens: 1024, maxBatchTexts: 64 }, 256)
  expect(judgeShapes("cuda:0", 1024, shapes)).toEqual([
    {
      section: "model",
      name: "shapes of cuda:0",
      status: "ok",
      found: "11 for a token budget of 1024: rows x tokens 4x256 5x192 8x128 16x64, and fewer rows of each, down to 1",
    },
  ])
  expect(judgeShapes("cpu", 512, undefined)).toEqual([])
})
