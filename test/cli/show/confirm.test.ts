import { PassThrough } from "node:stream"
import { expect, it } from "vitest"
import { confirm } from "../../../src/cli/show/confirm.ts"

it.each([
  ["y\n", true],
  [" YES \n", true],
  ["n\n", false],
  ["\n", false],
  ["yesterday\n", false],
  ["", false],
])("confirm - %j is %s", async (typed, answer) => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  input.end(typed)
  expect(await confirm("drop it?", input, output)).toBe(answer)
  expect(String(output.read())).toContain("drop it? [y/N] ")
})
