import { describe, expect, it } from "vitest"
import { readScales, writeScales } from "../../../src/graph/int8/scales.ts"

const scales = {
  activations: { x: { low: -1, high: 2.5, smoothing: [0.5, 2] }, y: { low: 0, high: 1 } },
  biasCorrections: { "layer.0.attention.q": [0.001, -0.2] },
  channels: { "layer.0.feedForward.hidden": [1, 0, 1] },
}

describe("readScales", () => {
  it("reads what writeScales wrote", () => {
    expect(readScales(writeScales(scales), "it")).toEqual(scales)
  })

  it.each([
    ["no JSON", "{", "it must hold activations"],
    ["null", "null", "it must hold activations"],
    ["a range without an end", '{"activations":{"x":{"low":0}}}', "it must hold activations: a low and a high"],
    ["a factor of 0", '{"activations":{"x":{"low":0,"high":1,"smoothing":[0]}}}', "it must hold activations"],
    ["no corrections", '{"activations":{}}', "it must hold biasCorrections"],
    [
      "a correction that is no number",
      '{"activations":{},"biasCorrections":{"q":[null]}}',
      "must hold biasCorrections",
    ],
    ["no channels", '{"activations":{},"biasCorrections":{}}', "it must hold channels"],
  ])("refuses %s", (_, json, message) => {
    expect(() => readScales(json, "it")).toThrow(message)
  })
})
