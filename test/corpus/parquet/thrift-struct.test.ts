import { describe, expect, it } from "vitest"
import { readStruct } from "../../../src/corpus/parquet/thrift-struct.ts"

const bytes = (...values: number[]) => Uint8Array.from(values)

describe("readStruct", () => {
  it.each([
    [
      "a list of more elements than there are bytes",
      bytes(0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0),
      "a Thrift list must be",
    ],
    ["a text of more bytes than there are", bytes(0x18, 0xff, 0xff, 0x03, 65, 0), "a Thrift text must be"],
    ["a number that does not end", bytes(0x16, ...Array<number>(30).fill(0x80)), "a Thrift number must"],
    ["a number of too many bits", bytes(0x15, 0xff, 0xff, 0xff, 0xff, 0x7f, 0), "at most 32 bits"],
    ["structs in structs without end", bytes(...Array<number>(100).fill(0x1c)), "nested at most 32 deep"],
    ["no end", bytes(0x15, 2), "must end before its bytes end"],
    ["a type that Parquet does not have", bytes(0x1b, 0), "got 11"],
  ])("%s - an error", (_, struct, why) => {
    expect(() => readStruct(struct)).toThrow(why)
  })

  it("numbers of 32 and 64 bits - with their sign", () => {
    const struct = bytes(
      0x15,
      0xff,
      0xff,
      0xff,
      0xff,
      0x0f,
      0x16,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      1,
      0,
    )
    expect(readStruct(struct).fields).toEqual([
      [1, 5, -(2 ** 31)],
      [2, 6, -(2n ** 63n)],
    ])
  })
})
