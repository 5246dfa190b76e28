import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { Readable } from "node:stream"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type CorpusRequest, labelCorpus } from "../../src/corpus/label-corpus.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  folder.write("in.csv", corpus)
  mkdirSync(folder.at("to"))
})
afterEach(() => folder[Symbol.dispose]())

const calls = 15
const corpus = `id,text\n${Array.from({ length: 3 * calls }, (_, row) => `${row},${row % 3 ? "plain" : "FAIL"}\n`).join("")}`

/** Labels in.csv with a checkpoint after each chunk; something happens when the labeller is called for the fifth time. */
function label(output: string, happens: () => void = () => {}, more: Partial<CorpusRequest> = {}) {
  let called = 0
  const labeller = plainLabeller(() => {
    if (++called === 5) happens()
    asked = called
  })
  const options = { chunkTexts: 3, maxChunks: 1, checkpointMs: 0, dedup: false, ...more.options }
  return labelCorpus({ input: folder.at("in.csv"), output: folder.at(output), labeller, ...more, options })
}
let asked = 0

/** Puts another file into the place of a file. */
function replace(name: string, content: string | Uint8Array): void {
  folder.write(`${name}.other`, content)
  renameSync(folder.at(`${name}.other`), folder.at(name))
}

async function expectWhole(output: string): Promise<void> {
  const [, extension] = output.split(".")
  await label(`to/whole.${extension}`)
  expect(folder.bytes(output).equals(folder.bytes(`to/whole.${extension}`))).toBe(true)
  expect(folder.read(`${output}.errors.jsonl`)).toBe(folder.read(`to/whole.${extension}.errors.jsonl`))
}

const rowsOf = (output: string) => (output.endsWith(".parquet") ? `${output}.rows` : output)

describe.each(["to/out.csv", "to/out.jsonl", "to/out.parquet"])("%s, during its run", output => {
  const rows = rowsOf(output)

  it.each<[string, RegExp, () => void]>([
    [
      "removed",
      /^output .* was removed or moved away during the run: the same command starts over$/,
      () => rmSync(folder.at(rows)),
    ],
    [
      "removed with its folder",
      /^output .* was removed or moved away during the run: the same command starts over$/,
      () => {
        rmSync(folder.at("to"), { recursive: true })
      },
    ],
    [
      "list of errors removed",
      /^output .*errors.jsonl was removed or moved away during the run: --force starts over$/,
      () => rmSync(folder.at(`${output}.errors.jsonl`)),
    ],
  ])("%s - output_failed, and little was labelled in vain", async (_, message, happens) => {
    await expect(label(output, happens)).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringMatching(message),
    })
    expect(asked).toBeLessThan(9)
    mkdirSync(folder.at("to"), { recursive: true })
    await (message.source.includes("--force") ? label(output, undefined, { options: { force: true } }) : label(output))
    await expectWhole(output)
  })

  it("moved, and moved back - output_failed, then goes on", async () => {
    await expect(label(output, () => renameSync(folder.at(rows), folder.at("away")))).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringContaining("if the file that was written is moved back, the same command continues"),
    })
    renameSync(folder.at("away"), folder.at(rows))
    expect((await label(output)).resumedRows).toBeGreaterThan(0)
    await expectWhole(output)
  })

  it.each<[string, RegExp, () => void]>([
    ["replaced by a short file", /replaced by another file/, () => replace(rows, "short")],
    ["replaced by a long file", /replaced by another file/, () => replace(rows, "long".repeat(10_000))],
    [
      "cut",
      /was cut by another program during the run \(\d+ bytes instead of \d+\)/,
      () => truncateSync(folder.at(rows), 30),
    ],
    ["appended to", /was written to by another program/, () => appendFileSync(folder.at(rows), "more")],
  ])("%s - output_failed, and the same command never makes a wrong output of it", async (_, message, happens) => {
    await expect(label(output, happens)).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringMatching(message),
    })
    const again = await label(output).catch((error: unknown) => error)
    if (again instanceof Error) {
      expect(again).toMatchObject({ code: "run_changed", message: expect.stringContaining("--force starts over") })
      await label(output, undefined, { options: { force: true } })
    }
    await expectWhole(output)
  })

  it("manifest removed - output_failed; it is written again, and the same command continues", async () => {
    await expect(label(output, () => rmSync(folder.at(`${output}.manifest.json`)))).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringMatching(
        /manifest .* was removed by .*; it was written again, and the same command continues/,
      ),
    })
    expect((await label(output)).resumedRows).toBeGreaterThan(0)
    await expectWhole(output)
  })

  it("manifest replaced - output_failed", async () => {
    await expect(label(output, () => replace(`${output}.manifest.json`, "{}"))).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringMatching(/manifest .* was changed by another program during the run/),
    })
    expect(folder.read(`${output}.manifest.json`)).toBe("{}")
  })

  it("input removed, and put back - run_changed, then goes on", async () => {
    await expect(label(output, () => rmSync(folder.at("in.csv")))).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringMatching(/^input .*in.csv was removed or moved away during the run; .* if it is put back/),
    })
    expect(asked).toBeLessThan(9)
    folder.write("in.csv", corpus)
    expect((await label(output)).resumedRows).toBeGreaterThan(0)
    await expectWhole(output)
  })

  it("input grown, and cut back - run_changed, then goes on", async () => {
    const size = corpus.length
    await expect(label(output, () => appendFileSync(folder.at("in.csv"), "90,new\n"))).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringMatching(
        new RegExp(
          `^input .*in.csv grew from ${size} to ${size + 7} bytes during the run; .* if it is cut back to ${size} bytes`,
        ),
      ),
    })
    expect(asked).toBeLessThan(9)
    truncateSync(folder.at("in.csv"), size)
    expect((await label(output)).resumedRows).toBeGreaterThan(0)
    await expectWhole(output)
  })

  it.each<[string, RegExp, () => void]>([
    ["cut", /was cut from \d+ to 100 bytes during the run/, () => truncateSync(folder.at("in.csv"), 100)],
    [
      "changed in place",
      /was changed during the run/,
      () => folder.write("in.csv", corpus.replaceAll("plain", "pliny")),
    ],
    ["replaced by a longer one", /was replaced by another file/, () => replace("in.csv", `${corpus}90,new\n`)],
    ["replaced", /was changed during the run/, () => replace("in.csv", corpus.replaceAll("plain", "pliny"))],
    ["emptied", /was cut from \d+ to 0 bytes/, () => truncateSync(folder.at("in.csv"), 0)],
  ])("input %s - run_changed, and little was labelled in vain", async (_, message, happens) => {
    await expect(label(output, happens)).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringMatching(message),
    })
    expect(asked).toBeLessThan(9)
    folder.write("in.csv", corpus)
    await label(output)
    await expectWhole(output)
  })

  it("input touched, or replaced by a copy - goes through", async () => {
    const happens = () => replace("in.csv", corpus)
    expect(await label(output, happens)).toMatchObject({ interrupted: false })
    await expectWhole(output)
  })
})

describe("labelCorpus", () => {
  it("standard input - is not looked at again", async () => {
    const stdin = Readable.from([Buffer.from(corpus)])
    const happens = () => rmSync(folder.at("in.csv"))
    const options = { format: "csv" as const, chunkTexts: 3, maxChunks: 1, checkpointMs: 0, dedup: false }
    expect(await label("to/out.csv", happens, { input: "-", stdin, options })).toMatchObject({ rows: 3 * calls })
  })

  it("an output that was done, and was changed since - run_changed", async () => {
    await label("to/out.csv")
    const bytes = folder.bytes("to/out.csv")
    folder.write("to/out.csv", Buffer.concat([bytes.subarray(0, -50), Buffer.alloc(50)]))
    await expect(label("to/out.csv")).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringContaining("was changed by another program; --force starts over"),
    })
  })

  it.each(["csv", "parquet"])(
    "a .%s that is a symbolic link - is followed; the target keeps its mode",
    async extension => {
      const [link, target] = [folder.at(`link.${extension}`), folder.write(`real/target.${extension}`, "")]
      chmodSync(target, 0o640)
      symlinkSync(`real/target.${extension}`, link)
      await label(`link.${extension}`)
      expect(lstatSync(link).isSymbolicLink()).toBe(true)
      expect(statSync(target).mode & 0o777).toBe(0o640)
      await label(`to/plain.${extension}`)
      expect(folder.bytes(`real/target.${extension}`).equals(folder.bytes(`to/plain.${extension}`))).toBe(true)
      expect(await label(`link.${extension}`)).toMatchObject({ alreadyDone: true })
    },
  )

  it.each(["csv", "parquet"])(
    "a .%s that is a symbolic link to nothing yet, over another link - is followed",
    async extension => {
      mkdirSync(folder.at("real"))
      symlinkSync(folder.at("second"), folder.at(`link.${extension}`))
      symlinkSync("real/target", folder.at("second"))
      await label(`link.${extension}`)
      expect(lstatSync(folder.at(`link.${extension}`)).isSymbolicLink()).toBe(true)
      expect(lstatSync(folder.at("second")).isSymbolicLink()).toBe(true)
      expect(statSync(folder.at("real/target")).size).toBeGreaterThan(0)
    },
  )

  it("a symbolic link into a folder that does not exist - option_invalid", async () => {
    symlinkSync("nowhere/target.csv", folder.at("link.csv"))
    await expect(label("link.csv")).rejects.toMatchObject({ code: "option_invalid" })
  })

  it("a report that is a symbolic link - is followed", async () => {
    symlinkSync("to/page.html", folder.at("report.html"))
    await label("to/out.csv", undefined, { options: { report: folder.at("report.html") } })
    expect(lstatSync(folder.at("report.html")).isSymbolicLink()).toBe(true)
    expect(readFileSync(folder.at("to/page.html"), "utf8")).toContain("<html")
  })

  it("an output with a very long name - option_invalid, with the limit", async () => {
    await expect(label(`${"a".repeat(240)}.csv`)).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringMatching(/^output must have a name of at most 228 bytes, .*; got 244 bytes/),
    })
    await label(`${"a".repeat(224)}.csv`)
  })

  it("a manifest of an older Valence, without digests - goes on", async () => {
    await expect(label("to/out.csv", () => rmSync(folder.at("in.csv")))).rejects.toThrow()
    folder.write("in.csv", corpus)
    const { safe, ...manifest } = JSON.parse(folder.read("to/out.csv.manifest.json"))
    const { outputTail, errorsTail, ...oldSafe } = safe
    expect([outputTail, errorsTail]).toEqual([expect.any(String), expect.any(String)])
    writeFileSync(folder.at("to/out.csv.manifest.json"), JSON.stringify({ ...manifest, safe: oldSafe }))
    copyFileSync(folder.at("to/out.csv"), folder.at("copy"))
    expect((await label("to/out.csv")).resumedRows).toBeGreaterThan(0)
    await expectWhole("to/out.csv")
  })
})
