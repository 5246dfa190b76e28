import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { makeFolder } from "../../src/files/make-folder.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"

describe("makeFolder", () => {
  it("makes it and those that it lies in, also where some are there, or others make them too", async () => {
    using folder = new TemporaryFolder()
    await Promise.all(["a/b/c", "a/b/c", "a/b/d"].map(path => makeFolder(folder.at(path))))
    await makeFolder(folder.at("a/b"))
    expect(["a/b/c", "a/b/d"].map(path => existsSync(folder.at(path)))).toEqual([true, true])
  })

  it("a file of that name, or on the way - throws what the system says", async () => {
    using folder = new TemporaryFolder()
    folder.write("file", "")
    await expect(makeFolder(folder.at("file"))).rejects.toMatchObject({ code: "EEXIST" })
    await expect(makeFolder(folder.at("file/a/b"))).rejects.toMatchObject({ code: "ENOTDIR" })
  })

  it.skipIf(!existsSync("/proc/self"))("in a folder that can hold no other - throws, and tries no longer", async () => {
    await expect(makeFolder("/proc/nowhere/a/b")).rejects.toThrow("mkdir '/proc/nowhere'")
  })
})
