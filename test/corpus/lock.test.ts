import { hostname } from "node:os"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import { takeLock } from "../../src/corpus/lock.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const take = () => takeLock(folder.at("out.lock"), folder.at("out"))

function left(holder: object): void {
  folder.write("out.lock", JSON.stringify({ pid: 1, host: hostname(), began: "", token: "t", ...holder }))
}

describe("takeLock", () => {
  it("is held until it is let go, and leaves nothing behind", async () => {
    const unlock = await take()
    await expect(take()).rejects.toMatchObject({
      code: "output_exists",
      message: expect.stringContaining(`is being written by another run, process ${process.pid}`),
    })
    await unlock()
    await (await take())()
    expect(folder.names()).toEqual([])
  })

  it("many at once - one has it", async () => {
    const taken = await Promise.allSettled(Array.from({ length: 20 }, take))
    expect(taken.filter(({ status }) => status === "fulfilled")).toHaveLength(1)
    expect(folder.names()).toEqual(["out.lock"])
  })

  it("of a process that is gone - is taken over", async () => {
    left({ pid: 2 ** 22 + 1 })
    await (await take())()
  })

  it("of a process whose number another has now - is taken over", async () => {
    left({ pid: process.ppid, began: "0" })
    await (await take())()
  })

  it("of a process that had this one's number - is taken over", async () => {
    left({ pid: process.pid })
    await (await take())()
  })

  it("half written - is taken over", async () => {
    folder.write("out.lock", '{"pid":')
    await (await take())()
  })

  it("of another machine - is not taken over", async () => {
    left({ host: "elsewhere" })
    await expect(take()).rejects.toMatchObject({
      code: "output_exists",
      message: expect.stringContaining("process 1 on elsewhere; if that is gone, remove"),
    })
  })

  it("in what is no folder - output_failed", async () => {
    folder.write("file", "")
    await expect(takeLock(folder.at("file/out.lock"), folder.at("file/out"))).rejects.toMatchObject({
      code: "output_failed",
      retryable: true,
    })
  })
})

describe("labelCorpus", () => {
  it("two runs at once into one output - one of them refuses, though it is forced", async () => {
    const request = { input: folder.write("in.txt", "a\n"), labeller: plainLabeller(), options: { force: true } }
    const runs = await Promise.allSettled([labelCorpus(request), labelCorpus(request)])
    expect(runs.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
    expect(runs.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "output_exists" } })
    expect(folder.names()).not.toContain("in.labelled.csv.lock")
  })
})
