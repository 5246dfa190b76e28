import { describe, expect, it } from "vitest"
import { ValenceError } from "../../../src/errors.ts"
import type { FileBytes } from "../../../src/graph/weights/file-bytes.ts"
import { parseSafetensors, readSafetensors } from "../../../src/graph/weights/safetensors.ts"

/** A safetensors file of a header and so many bytes of values. */
function file(header: unknown, dataBytes: number, headerBytes?: number): Uint8Array {
  const json = typeof header === "string" ? header : JSON.stringify(header)
  const text = new TextEncoder().encode(json)
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes ?? text.length), true)
  bytes.set(text, 8)
  bytes.set(
    Uint8Array.from({ length: dataBytes }, (_, i) => i),
    8 + text.length,
  )
  return bytes
}

const tensor = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

const readable = (bytes: Uint8Array): FileBytes => ({ length: bytes.length, read: bytes.slice.bind(bytes) })

function refusal(bytes: Uint8Array): string {
  try {
    parseSafetensors(readable(bytes), "weights")
  } catch (error) {
    expect(error).toBeInstanceOf(ValenceError)
    expect((error as ValenceError).code).toBe("model_invalid")
    return (error as ValenceError).message
  }
  throw new Error("it was accepted")
}

describe("parseSafetensors", () => {
  it("gives tensors by name, with shape and values, metadata left out", () => {
    const bytes = file(
      { __metadata__: { format: "pt" }, a: tensor("BF16", [2, 1], 0, 4), b: tensor("F32", [], 4, 8) },
      8,
    )
    const tensors = parseSafetensors(readable(bytes), "weights")
    expect([...tensors.keys()]).toEqual(["a", "b"])
    expect(tensors.get("a")).toMatchObject({ shape: [2, 1], dtype: "BF16" })
    expect(tensors.get("a")?.values()).toHaveLength(2)
    expect(tensors.get("b")?.values()).toHaveLength(1)
  })

  it("lists tensors of whole numbers, and refuses them where they are read", () => {
    const [buffer] = parseSafetensors(readable(file({ ids: tensor("I64", [1], 0, 8) }, 8)), "weights").values()
    expect(buffer).toMatchObject({ dtype: "I64", shape: [1] })
    expect(() => buffer?.values()).toThrow(
      'weights: tensor ids: dtype must be one of F32, F16, BF16 where it is read; got "I64"',
    )
  })

  it.each([
    ["no header length", new Uint8Array(7), "the file must have 8 bytes of header length; it has 7 bytes"],
    ["a header longer than the file", file("{}", 0, 3), "the header length must be 2 to 2 bytes; got 3"],
    ["a header length of 2^63", file("{}", 0, 2 ** 63), "the header length must be 2 to 2 bytes"],
    ["a header that is not JSON", file("{]", 0), "the header must be a JSON object"],
    ["a header that is a list", file("[]", 0), "the header must be a JSON object; it is not an object"],
    ["another dtype", file({ a: tensor("F4", [1], 0, 8) }, 8), "dtype must be one of F64, F32, F16, BF16"],
    ["a negative length", file({ a: tensor("F32", [-1], 0, 4) }, 4), "shape must be a list of whole numbers"],
    ["one offset", file({ a: { dtype: "F32", shape: [1], data_offsets: [0] } }, 4), "data_offsets must be two"],
    [
      "another size",
      file({ a: tensor("F16", [3], 0, 4) }, 4),
      "F16 of shape [3] must have 6 bytes; data_offsets give 4",
    ],
    ["values outside the file", file({ a: tensor("F32", [2], 0, 8) }, 4), "must end within the 4 bytes of data"],
    ["a gap", file({ a: tensor("F32", [1], 4, 8) }, 8), "must begin where the one before it ends, at byte 0"],
    ["an overlap", file({ a: tensor("F32", [2], 0, 8), b: tensor("F32", [1], 4, 8) }, 8), "at byte 8 of the data"],
    ["bytes that no tensor has", file({ a: tensor("F32", [1], 0, 4) }, 6), "must cover the 6 bytes of data"],
  ])("refuses %s", (_, bytes, message) => {
    expect(refusal(bytes)).toContain(`weights: `)
    expect(refusal(bytes)).toContain(message)
  })
})

describe("readSafetensors", () => {
  it("names a file that is not there", () => {
    expect(() => readSafetensors("/nowhere/model.safetensors")).toThrow(
      "/nowhere/model.safetensors must be readable; ENOENT",
    )
  })
})
