import { Command } from "commander"
import { beforeEach, describe, expect, it } from "vitest"
import { addFlags } from "../../src/cli/declared-options.ts"
import { nameFlagsOf, withFlags } from "../../src/cli/flag-names.ts"
import { corpusOptions } from "../../src/corpus/options.ts"

const command = addFlags(new Command(), corpusOptions)

describe("withFlags", () => {
  beforeEach(() => nameFlagsOf(command))

  it("an option that the command does not have - as it is", () => {
    expect(withFlags("model must be a checkpoint; got minScore")).toBe("model must be a checkpoint; got --min-score")
    nameFlagsOf(new Command())
    expect(withFlags("minScore must be a number")).toBe("minScore must be a number")
  })

  it.each([
    ["minScore must be a number, 0 to 1; got 80", "--min-score must be a number, 0 to 1; got 80"],
    ['column must be one of "a", "maxLength"; got "b"', '--column must be one of "a", "maxLength"; got "b"'],
    ["is longer than maxRowBytes, 16", "is longer than --max-row-bytes, 16"],
    [
      "text must have 2 tokens (maxLength) where longText is error",
      "text must have 2 tokens (--max-length) where --long-text is error",
    ],
    ["if the first row is no header, use header false", "if the first row is no header, use --no-header"],
    ["quotes are escaped: use escape '\\'", "quotes are escaped: use --escape '\\'"],
    ["use column 2, its number", "use --column 2, its number"],
    ["the input was changed; force starts over", "the input was changed; --force starts over"],
    ['column "stars" must hold labels', 'column "stars" must hold labels'],
    ["the input must exist; dedup must be true or false", "the input must exist; --dedup must be true or false"],
    ["the header must be UTF-8", "the header must be UTF-8"],
  ])("%s - %s", (message, expected) => expect(withFlags(message)).toBe(expected))
})
