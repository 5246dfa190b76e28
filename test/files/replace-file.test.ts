import { mkdirSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { replaceFile } from "../../src/files/replace-file.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"

describe("replaceFile", () => {
  it("puts a file in the place of another, and leaves nothing besides", async () => {
    using folder = new TemporaryFolder()
    await replaceFile(folder.write("a.json", "old, and longer"), "new")
    expect([folder.read("a.json"), folder.names()]).toEqual(["new", ["a.json"]])
  })

  it("where it cannot be written - output_failed, with the file", async () => {
    using folder = new TemporaryFolder()
    mkdirSync(folder.at("a.json"))
    await expect(replaceFile(folder.at("a.json"), "new")).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringContaining(`output ${folder.at("a.json")} cannot be written: EISDIR`),
    })
  })
})
