import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { toFloat16, toFloat32 } from "../../../src/graph/onnx/float-types.ts"

const bytesOf = (...halves: number[]) => new Uint8Array(Uint16Array.from(halves).buffer)

/** The value of an IEEE 754 half, by the standard's formula. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : Number.NaN
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

describe("toFloat32", () => {
  it("F16 - every one of the 65,536 halves has its value", () => {
    const halves = Array.from({ length: 0x10000 }, (_, bits) => bits)
    expect([...toFloat32(bytesOf(...halves), "F16")]).toEqual(halves.map(halfValue))
  })

  it("BF16 - the upper half of a float32", () => {
    expect([...toFloat32(bytesOf(0x3f80, 0xc000, 0x0000, 0x7f80), "BF16")]).toEqual([1, -2, 0, Infinity])
  })

  it("F32 - the same values, wherever the bytes begin", () => {
    fc.assert(
      fc.property(fc.float32Array(), fc.nat(7), (values, offset) => {
        const bytes = new Uint8Array(offset + values.byteLength)
        bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset)
        expect(toFloat32(bytes.subarray(offset), "F32")).toEqual(values)
        // What a file is read into.
        expect(toFloat32(Buffer.from(bytes.buffer).subarray(offset), "F32")).toEqual(values)
      }),
    )
  })
})

describe("toFloat16", () => {
  it("gives back every one of the 65,536 halves", () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits)
    const back = toFloat16(toFloat32(new Uint8Array(halves.buffer), "F16"))
    const isNaNHalf = (half: number) => (half & 0x7fff) > 0x7c00
    expect([...back].map(half => (isNaNHalf(half) ? "NaN" : half))).toEqual(
      [...halves].map(half => (isNaNHalf(half) ? "NaN" : half)),
    )
  })

  it("rounds to the nearest half, ties to even", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), fc.double({ min: 0, max: 1, noNaN: true }), (bits, share) => {
        const [below, above] = [halfValue(bits), halfValue(bits + 1)]
        const value = Math.fround(below + share * (above - below))
        const middle = (below + above) / 2
        const nearest = value === middle ? bits + (bits & 1) : value < middle ? bits : bits + 1
        expect([...toFloat16(Float32Array.of(value, -value))]).toEqual([nearest, nearest | 0x8000])
      }),
    )
  })

  it("gives infinity from 65,520 on", () => {
    expect([...toFloat16(Float32Array.of(65_519.99, 65_520, -1e9))]).toEqual([0x7bff, 0x7c00, 0xfc00])
  })
})
