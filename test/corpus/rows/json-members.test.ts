import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { jsonMembers } from "../../../src/corpus/rows/json-members.ts"

describe("jsonMembers", () => {
  it("gives names and values as they were written", () => {
    expect(jsonMembers(' { "a" : 1.50 , "b\\"" : [1, {"c":"},"}] ,"d":"x\\\\" } ')).toEqual([
      { name: "a", json: "1.50" },
      { name: 'b"', json: '[1, {"c":"},"}]' },
      { name: "d", json: '"x\\\\"' },
    ])
  })

  it("{} - none", () => {
    expect(jsonMembers("{ }")).toEqual([])
  })

  it("gives back the members of any object, however it is spaced", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, "\t"), (object, space) => {
        const members = jsonMembers(JSON.stringify(object, null, space))
        expect(members.map(({ name, json }) => [name, JSON.parse(json)])).toEqual(
          Object.entries(JSON.parse(JSON.stringify(object))),
        )
      }),
    )
  })
})
