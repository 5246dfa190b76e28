import { expect, it } from "vitest"
import { dtypeOn } from "../../src/model/dtype.ts"

it.each([
  ["cpu", "auto", "int8"],
  ["cpu:2", "auto", "int8"],
  ["cpu", "fp16", "fp16"],
  ["cpu", "fp32", "fp32"],
] as const)("dtypeOn(%s, %s) - %s", (device, dtype, expected) => {
  expect(dtypeOn(device, dtype)).toBe(expected)
})
