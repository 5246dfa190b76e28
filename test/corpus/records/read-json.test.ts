import { describe, expect, it } from "vitest"
import { parseJson } from "../../../src/corpus/records/read-json.ts"

describe("readJson", () => {
  it.each([
    ['{"a":NaN,"b":"NaN \\" Infinity","c":-Infinity}', { a: null, b: 'NaN " Infinity', c: null }],
    ['["\\\\",NaN]', ["\\", null]],
    ['{"a":NaN', undefined],
    ['"NaN', undefined],
  ])("%s - %j", (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  // Where each quote is searched from for its end, this takes an hour.
  it.each(['\\"', '"', '{"', "\\", "NaN"])(
    "two million times %s behind a quote - is no JSON, and takes no time",
    part => {
      expect(parseJson(`"${part.repeat(2_000_000)}`)).toBeUndefined()
    },
  )
})
