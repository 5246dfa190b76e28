import { expect, it } from "vitest"
import { saysOutOfMemory } from "../../../src/classifier/devices/out-of-memory.ts"

it.each([
  ["bfc_arena.cc:360 AllocateRawInternal Failed to allocate memory for requested buffer of size 471859200", true],
  ["CUDA failure 2: out of memory ; GPU=0 ; hostname=x", true],
  ["CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0", true],
  ["std::bad_alloc", true],
  ["Exception 8007000E Not enough memory resources are available to complete this operation.", true],
  ["Invalid rank for input: input_ids Got: 1 Expected: 2", false],
  ["indices element out of data bounds, idx=99999 must be within the inclusive range [-30522,30521]", false],
])("%s - %s", (message, expected) => {
  expect(saysOutOfMemory(message)).toBe(expected)
})
