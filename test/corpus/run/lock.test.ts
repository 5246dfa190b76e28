import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { resolveInput, resolveOutput } from "../../../src/corpus/files/resolve-files.ts"
import { labelCorpus } from "../../../src/corpus/label-corpus.ts"
import { OutputLock } from "../../../src/corpus/run/lock.ts"
import { thisHolder } from "../../../src/lock/holder.ts"
import { plainLabeller } from "../plain-labeller.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  folder.write("in.txt", "a\n")
})
afterEach(() => folder[Symbol.dispose]())

const filesOf = (output: string) =>
  resolveOutput(resolveInput(folder.at("in.txt"), undefined), folder.at(output), undefined)
const take = (output = "out.csv") => OutputLock.take(filesOf(output), {})

describe("OutputLock", () => {
  it("is held until it is released, and leaves nothing behind", async () => {
    const lock = await take()
    await lock.require()
    await expect(take()).rejects.toMatchObject({
      code: "output_exists",
      message: expect.stringMatching(
        `is being written by another run, process ${process.pid}, last seen 0 s ago; wait until it ends, or stop it`,
      ),
    })
    await lock.release()
    await (await take()).release()
    expect(folder.names()).toEqual(["in.txt"])
  })

  it("through a symbolic link - is that of the file that it leads to", async () => {
    mkdirSync(folder.at("real"))
    symlinkSync("real/out.csv", folder.at("link.csv"))
    const lock = await take("link.csv")
    await expect(take("real/out.csv")).rejects.toMatchObject({ code: "output_exists" })
    await lock.release()
  })

  it("in what is no folder - output_failed", async () => {
    const files = { ...filesOf("out.csv"), lock: folder.at("in.txt/out.lock"), nearLock: folder.at("in.txt/out.lock") }
    await expect(OutputLock.take(files, {})).rejects.toMatchObject({ code: "output_failed", retryable: true })
  })

  it("taken over by another run - output_failed", async () => {
    const lock = await take()
    folder.write("out.csv.lock", JSON.stringify({ ...thisHolder("other"), beatMs: 5000 }))
    const message = expect.stringContaining("was taken over by another run while this one was paused")
    await expect(lock.require()).rejects.toMatchObject({ code: "output_failed", message })
    await lock.release()
    expect(folder.names()).toContain("out.csv.lock")
  })

  it("removed - output_failed", async () => {
    const lock = await take()
    rmSync(folder.at("out.csv.lock"))
    const message = expect.stringContaining("no longer safe to write, because its lock")
    await expect(lock.require()).rejects.toMatchObject({ code: "output_failed", message })
    await lock.release()
  })
})

describe("labelCorpus", () => {
  const request = () => ({ input: folder.at("in.txt"), output: folder.at("out.csv"), labeller: plainLabeller() })

  it("two runs at once into one output - one of them refuses, though it is forced", async () => {
    const forced = { ...request(), options: { force: true } }
    const runs = await Promise.allSettled([labelCorpus(forced), labelCorpus(forced)])
    expect(runs.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
    expect(runs.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "output_exists" } })
    expect(folder.names()).not.toContain("out.csv.lock")
  })

  it("an output whose lock another machine touched lately - says whom it waits for; stopped, aborted", async () => {
    folder.write("out.csv.lock", JSON.stringify({ ...thisHolder("t"), boot: "b", host: "box-aaa", pid: 7 }))
    const stop = new AbortController()
    const said: string[] = []
    const onWaiting = (message: string) => {
      said.push(message)
      stop.abort()
    }
    await expect(labelCorpus({ ...request(), onWaiting, signal: stop.signal })).rejects.toMatchObject({
      code: "aborted",
    })
    expect(said).toEqual([
      expect.stringMatching(
        /^output .*out.csv is locked by process 7 on box-aaa, last seen \d s ago; .*: if it stays silent, this run takes over in \d+ s$/,
      ),
    ])
    expect(folder.names()).toEqual(["in.txt", "out.csv.lock"])
  })

  it("a run that is paused and taken over - writes nothing more, and what it had open is not the output any more", async () => {
    folder.write("in.txt", "a\nFAIL\nb\n".repeat(50))
    const take = async () => {
      const at = Date.now() / 1000 - 3600
      const holder = { ...thisHolder("t"), boot: "b", host: "box-aaa" }
      // A file of its own: this process touches the one that it made.
      utimesSync(folder.write("silent.lock", JSON.stringify(holder)), at, at)
      renameSync(folder.at("silent.lock"), folder.at("out.csv.lock"))
      // Another run takes over while this one waits for a text.
      await labelCorpus({ ...request(), labeller: plainLabeller(), options: { force: true, prefix: "other_" } })
    }
    let calls = 0
    const labeller = plainLabeller(async () => {
      if (++calls === 10) await take()
    })
    const run = labelCorpus({ ...request(), labeller, options: { chunkTexts: 3, maxChunks: 1, dedup: false } })
    await expect(run).rejects.toMatchObject({ code: "output_failed" })
    const whole = folder.at("whole.csv")
    await labelCorpus({ ...request(), output: whole, options: { prefix: "other_" } })
    expect(folder.read("out.csv")).toBe(folder.read("whole.csv"))
    expect(folder.read("out.csv.errors.jsonl")).toBe(folder.read("whole.csv.errors.jsonl"))
    expect(JSON.parse(folder.read("out.csv.manifest.json"))).toMatchObject({ done: true })
  })
})
