import { Command } from "commander"
import { describe, expect, it } from "vitest"
import { addFlags, pickOptions } from "../../src/cli/declared-options.ts"
import { classifierOptions } from "../../src/options.ts"

function parse(...words: string[]): Record<string, unknown> {
  const command = addFlags(new Command(), classifierOptions)
    .exitOverride()
    .configureOutput({ writeErr() {} })
  return command.parse(words, { from: "user" }).opts()
}

describe("addOptions", () => {
  it("--no-tune - is --tune off", () => {
    expect(pickOptions(classifierOptions, parse("--no-tune")).tune).toBe("off")
    expect(pickOptions(classifierOptions, parse("--tune", "measure")).tune).toBe("measure")
  })

  it("reads a flag by its declaration", () => {
    expect(pickOptions(classifierOptions, parse("--max-wait-ms", "5"))).toMatchObject({ maxWaitMs: 5, dtype: "auto" })
  })

  it("names flag, rule and value of what breaks the rule", () => {
    expect(() => parse("--max-wait-ms", "-1")).toThrow(
      '--max-wait-ms must be a whole number of ms, 0 to 2147483647; got "-1"',
    )
  })
})
