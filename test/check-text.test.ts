import { describe, expect, it } from "vitest"
import { isBlank, textProblem } from "../src/check-text.ts"

const blank: [string, string][] = [
  ["nothing", ""],
  ["spaces, tabs and line ends", " \t\r\n\v\f"],
  ["Unicode's white space", "\u0085\u00a0\u1680\u2000\u2028\u2029\u202f\u205f\u3000"],
  ["a byte order mark", "\ufeff"],
  ["zero-width characters", "\u200b\u200c\u200d\u2060\u00ad"],
  ["a filler and a variation selector", "\u3164\ufe0f"],
]
const visible = ["a", " a", "\ufeff0", ".", "\u200b🙂", "\ud800", "\0", "-", `${" ".repeat(5000)}x`]

describe("isBlank", () => {
  it.each(blank)("%s - blank", (_, text) => expect(isBlank(text)).toBe(true))
  it.each(visible)("%j - not blank", text => expect(isBlank(text)).toBe(false))
})

describe("textProblem", () => {
  it("a blank text - text_empty, unless it is to be labelled", () => {
    expect(textProblem(" ", "error")).toMatchObject({ code: "text_empty", retryable: false })
    expect(textProblem(" ", "label")).toBeUndefined()
  })

  it("no string - text_invalid, whatever is done with blank texts", () => {
    for (const empty of ["error", "label"] as const)
      expect(textProblem(null, empty)).toMatchObject({
        code: "text_invalid",
        message: "text must be a string; got null",
      })
  })
})
