import { existsSync, rmSync, statSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { Readable } from "node:stream"
import { gzipSync } from "node:zlib"
import fc from "fast-check"
import iconv from "iconv-lite"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import type { CorpusOptions } from "../../src/corpus/options.ts"
import type { Manifest } from "../../src/corpus/run/manifest.ts"
import type { RunSummary } from "../../src/corpus/run/summary.ts"
import { zstdFrame } from "./decoders/decoded.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

/** Texts of all sorts: with quotes and line ends, unreadable, and such as get no label. */
function corpus(rows: number): string {
  const kinds = ["plain", '"two\nlines, ""so"""', "FAIL", "SHOUT", "a,b"]
  const lines = Array.from({ length: rows }, (_, row) => `${"x".repeat(row % 7)},${kinds[row % 5]}\n`)
  return `id,text\n${lines.join("")}`
}

// Calls are counted, so each text makes for one.
const options: CorpusOptions = { chunkTexts: 3, maxChunks: 2, checkpointMs: 0, dedup: false }

function label(
  input: string,
  output: string,
  more: CorpusOptions = {},
  labeller = plainLabeller(),
  signal?: AbortSignal,
) {
  return labelCorpus({
    input: folder.at(input),
    output: folder.at(output),
    labeller,
    options: { ...options, ...more },
    signal,
  })
}

/** A run that is stopped when its labeller is called for the nth time. */
function interrupted(input: string, output: string, calls: number, more: CorpusOptions = {}): Promise<RunSummary> {
  const stop = new AbortController()
  let called = 0
  const labeller = plainLabeller(() => ++called === calls && stop.abort())
  return label(input, output, more, labeller, stop.signal)
}

const manifestOf = (output: string) => JSON.parse(folder.read(`${output}.manifest.json`)) as Manifest
const filesOf = (output: string) => [output, `${output}.manifest.json`, `${output}.errors.jsonl`] as const

/** The bytes of output, manifest and errors, as a crash at this moment would leave them. */
function snapshot(output: string): (Buffer | undefined)[] {
  return filesOf(output).map(name => (existsSync(folder.at(name)) ? folder.bytes(name) : undefined))
}

function restore(output: string, files: readonly (Buffer | undefined)[]): void {
  for (const [index, name] of filesOf(output).entries()) {
    rmSync(folder.at(name), { force: true })
    const content = files[index]
    if (content !== undefined) folder.write(name, content)
  }
}

describe("labelCorpus", () => {
  it.each<[string, (text: string) => Promise<Buffer> | Buffer]>([
    ["in.csv.gz", text => gzipSync(text)],
    ["in.csv.zst", zstdFrame],
  ])("%s that is cut off - all rows before are labelled, and a whole file goes on", async (input, pack) => {
    const packed = await pack(
      Array.from({ length: 8000 }, (_, row) => `${row},text ${row * 7919}\n`)
        .join("")
        .replace(/^/, "id,text\n"),
    )
    folder.write(input, packed)
    await label(input, "whole.csv", { chunkTexts: 100 })
    folder.write(input, packed.subarray(0, packed.length - 20))
    await expect(label(input, "out.csv", { chunkTexts: 100 })).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringMatching(
        /is cut off: the file ends at byte \d+; what was labelled before is safe: replace the file with a whole one, and the same command continues$/,
      ),
    })
    const { run, safe } = manifestOf("out.csv")
    expect(safe.tally.labelled).toBeGreaterThan(0)
    folder.write(input, packed)
    const summary = await label(input, "out.csv", { chunkTexts: 100 })
    expect(summary).toMatchObject({ resumedRows: safe.tally.labelled, rows: 8000 })
    expect(summary.run).not.toBe(run)
    expect(folder.read("out.csv")).toBe(folder.read("whole.csv"))
  })

  it("a whole file of other text than the damaged one - run_changed", async () => {
    const rows = (word: string) => `text\n${`${word}\n`.repeat(60_000)}`
    folder.write("in.csv.gz", gzipSync(rows("good")).subarray(0, -8))
    await expect(label("in.csv.gz", "out.csv", { chunkTexts: 1000 })).rejects.toMatchObject({ code: "input_invalid" })
    folder.write("in.csv.gz", gzipSync(rows("evil")))
    await expect(label("in.csv.gz", "out.csv", { chunkTexts: 1000 })).rejects.toMatchObject({
      code: "run_changed",
      message: expect.stringContaining("has other text than what was labelled before it was found to be damaged"),
    })
  })

  it.each(["utf-16le", "shift_jis", "windows-1252"] as const)(
    "%s - stopped and started again: the bytes of one go; another encoding is another run",
    async encoding => {
      const word = encoding === "windows-1252" ? "café" : "良い"
      folder.write("in.csv", iconv.encode(corpus(100).replaceAll("plain", word), encoding))
      await label("in.csv", "whole.csv", { encoding })
      expect(folder.read("whole.csv")).toContain(word)
      for (const calls of [10, 5]) await interrupted("in.csv", "out.csv", calls, { encoding })
      const refusal =
        encoding === "utf-16le"
          ? { code: "input_invalid" }
          : {
              code: "run_changed",
              message: expect.stringContaining(`options.encoding was "${encoding}" and is now "gb18030"`),
            }
      await expect(label("in.csv", "out.csv", { encoding: "gb18030" })).rejects.toMatchObject(refusal)
      await label("in.csv", "out.csv", { encoding })
      expect(folder.read("out.csv")).toBe(folder.read("whole.csv"))
    },
  )

  it.each(["out.csv", "out.jsonl", "out.csv.gz", "out.csv.zst", "out.parquet"])(
    "%s - stopped and started again: the bytes of one go",
    async output => {
      folder.write("in.csv", corpus(100))
      const whole = await label("in.csv", `whole-${output}`)
      const first = await interrupted("in.csv", output, 10)
      expect(first.interrupted).toBe(true)
      const run = manifestOf(output).run
      const second = await interrupted("in.csv", output, 5)
      expect(second.resumedRows).toBe(first.rows)
      const last = await label("in.csv", output)
      expect(last).toMatchObject({ interrupted: false, resumedRows: second.rows, run })
      expect(folder.bytes(output)).toEqual(folder.bytes(`whole-${output}`))
      expect(folder.read(`${output}.errors.jsonl`)).toBe(folder.read(`whole-${output}.errors.jsonl`))
      const { rows, labels, failed, tokens, truncated, meanScore } = whole
      expect(last).toMatchObject({ rows, labels, failed, tokens, truncated, meanScore })
    },
  )

  it.each([
    ["in.csv", "out.csv", 5],
    ["in.csv.gz", "out.csv.gz", 150_000],
  ])(
    "%s - killed at any moment, with any bytes behind those that are safe: the bytes of one go",
    async (input, output, length) => {
      // For gzip they are long enough for several members.
      const content = corpus(40).replaceAll("plain", "x".repeat(length))
      folder.write(input, input.endsWith(".gz") ? gzipSync(content) : content)
      const snapshots: (Buffer | undefined)[][] = []
      await label(
        input,
        output,
        {},
        plainLabeller(() => snapshots.push(snapshot(output))),
      )
      const whole = snapshot(output)
      expect(new Set(snapshots.map(([, manifest]) => manifest?.toString())).size).toBeGreaterThan(3)

      await fc.assert(
        fc.asyncProperty(
          fc.nat(snapshots.length - 1),
          fc.nat(),
          fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(1, 10_000)),
          fc.boolean(),
          async (at, cut, [bytes, times], torn) => {
            const junk = Buffer.concat(Array.from({ length: times }, () => bytes))
            const [written, manifest, errors] = snapshots[at] as (Buffer | undefined)[]
            if (written === undefined || manifest === undefined) return
            const { outputBytes, errorsBytes } = (JSON.parse(manifest.toString()) as Manifest).safe
            const safe = outputBytes + (cut % (written.length - outputBytes + 1))
            const listed = errors && Buffer.concat([errors.subarray(0, torn ? errorsBytes : undefined), junk])
            restore(output, [Buffer.concat([written.subarray(0, safe), junk]), manifest, listed])
            await label(input, output, { checkpointMs: 60_000 })
            expect(snapshot(output)[0]).toEqual(whole[0])
            expect(snapshot(output)[2]).toEqual(whole[2])
          },
        ),
        { numRuns: 40 },
      )
    },
    120_000,
  )

  it("stopped while its last chunk does not end - is not done, and goes on to the bytes of one go", async () => {
    folder.write("in.csv", corpus(12))
    await label("in.csv", "whole.csv")
    const stop = new AbortController()
    let calls = 0
    const labeller = plainLabeller(async (_, { signal }) => {
      if (++calls < 4) return
      stop.abort()
      await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))))
    })
    const first = await label("in.csv", "out.csv", { maxChunks: 8, stopSeconds: 0 }, labeller, stop.signal)
    expect(first).toMatchObject({ interrupted: true, rows: 9 })
    expect(manifestOf("out.csv").done).toBe(false)
    expect(await label("in.csv", "out.csv")).toMatchObject({ interrupted: false, rows: 12, resumedRows: 9 })
    expect(folder.bytes("out.csv")).toEqual(folder.bytes("whole.csv"))
  })

  it("killed before the output was begun - starts", async () => {
    folder.write("in.csv", corpus(10))
    await label("in.csv", "out.csv")
    const whole = folder.read("out.csv")
    const { run } = manifestOf("out.csv")
    rmSync(folder.at("out.csv"))
    await label("in.csv", "out.csv")
    expect(folder.read("out.csv")).toBe(whole)
    expect(manifestOf("out.csv").run).not.toBe(run)
  })

  it("done already - labels nothing, and returns the summary again", async () => {
    folder.write("in.csv", corpus(10))
    const { textsPerSecond, elapsedMs, ...first } = await label("in.csv", "out.csv")
    const unused = plainLabeller(() => expect.unreachable())
    const report = folder.at("report.html")
    expect(await label("in.csv", "out.csv", { report }, unused)).toEqual({
      ...first,
      textsPerSecond,
      elapsedMs,
      report,
      alreadyDone: true,
      resumedRows: 10,
    })
  })

  it("an input that was moved - goes on", async () => {
    folder.write("in.csv", corpus(100))
    await interrupted("in.csv", "out.csv", 10)
    folder.write("moved.csv", corpus(100))
    expect((await label("moved.csv", "out.csv")).resumedRows).toBeGreaterThan(0)
  })

  describe("refuses to go on, says what differs, and starts over with force", () => {
    beforeEach(async () => {
      folder.write("in.csv", corpus(100))
      await interrupted("in.csv", "out.csv", 10)
    })

    const refused = async (run: (more: CorpusOptions) => Promise<RunSummary>, code: string, ...says: string[]) => {
      const before = snapshot("out.csv")
      const error = await run({}).catch(error => error)
      expect(error).toMatchObject({ code })
      for (const words of says) expect(error.message).toContain(words)
      expect(snapshot("out.csv")).toEqual(before)
      expect(await run({ force: true })).toMatchObject({ interrupted: false, resumedRows: 0 })
      const done = folder.read("out.csv")
      expect(await run({})).toMatchObject({ alreadyDone: true })
      expect(folder.read("out.csv")).toBe(done)
    }

    it("another input", async () => {
      folder.write("in.csv", corpus(100).replace("plain", "PLAIN"))
      await refused(more => label("in.csv", "out.csv", more), "run_changed", 'input.sha256 was "')
    })

    it("another column", () =>
      refused(
        more => label("in.csv", "out.csv", { column: "id", ...more }),
        "run_changed",
        'column was "text" and is now "id"',
      ))

    it("another model", () =>
      refused(
        more =>
          label("in.csv", "out.csv", more, plainLabeller(undefined, { name: "other", revision: "r2", dtype: "int8" })),
        "run_changed",
        'model.name was "plain" and is now "other"; model.revision was "r1" and is now "r2"; model.dtype was "none" and is now "int8"',
      ))

    it.each([
      [{ chunkTexts: 4 }, "options.chunkTexts was 3 and is now 4"],
      [{ minScore: 0.6 }, "options.minScore was null and is now 0.6"],
      [{ maxLength: 9 }, "options.maxLength was null and is now 9"],
      [{ scoreFunction: "sigmoid" }, 'options.scoreFunction was null and is now "sigmoid"'],
      [{ maxRowBytes: 5000 }, "options.maxRowBytes was 16777216 and is now 5000"],
      [{ quotes: "none" }, 'options.quotes was "csv" and is now "none"'],
      [{ tokens: true }, 'added was ["label","score"] and is now ["label","score","tokens"]'],
      [{ prefix: "my_" }, 'added was ["label","score"] and is now ["my_label","my_score"]'],
      [{ outputFormat: "tsv" }, 'outputFormat was "csv" and is now "tsv"'],
    ] satisfies [CorpusOptions, string][])("%o", (changed, says) =>
      refused(more => label("in.csv", "out.csv", { ...changed, ...more }), "run_changed", says),
    )

    it("an output that is shorter than the manifest vouches for", async () => {
      const { outputBytes } = manifestOf("out.csv").safe
      folder.write("out.csv", folder.bytes("out.csv").subarray(0, outputBytes - 1))
      await refused(
        more => label("in.csv", "out.csv", more),
        "run_changed",
        `must have the ${outputBytes} bytes that its manifest vouches for; got ${outputBytes - 1}`,
      )
    })

    it("a list of errors that is shorter than the manifest vouches for", async () => {
      rmSync(folder.at("out.csv.errors.jsonl"))
      await refused(more => label("in.csv", "out.csv", more), "run_changed", "out.csv.errors.jsonl must have the")
    })

    it("a manifest that cannot be read", async () => {
      folder.write("out.csv.manifest.json", "{")
      await refused(more => label("in.csv", "out.csv", more), "run_changed", "out.csv.manifest.json cannot be read")
    })

    it("a manifest of another version", async () => {
      folder.write("out.csv.manifest.json", JSON.stringify({ ...manifestOf("out.csv"), version: 99 }))
      await refused(more => label("in.csv", "out.csv", more), "run_changed", "must have version 2; got 99")
    })

    it("an output without a manifest", async () => {
      rmSync(folder.at("out.csv.manifest.json"))
      await refused(
        more => label("in.csv", "out.csv", more),
        "output_exists",
        "out.csv already exists and has no manifest; use --force to overwrite it",
      )
    })

    it("a list of errors without a manifest", async () => {
      rmSync(folder.at("out.csv.manifest.json"))
      rmSync(folder.at("out.csv"))
      await refused(
        more => label("in.csv", "out.csv", more),
        "output_exists",
        "out.csv.errors.jsonl already exists and has no manifest",
      )
    })

    it("an output that was written to after it was done", async () => {
      await label("in.csv", "out.csv")
      folder.write("out.csv", `${folder.read("out.csv")}more\n`)
      await refused(more => label("in.csv", "out.csv", more), "run_changed", "bytes that its manifest vouches for")
    })
  })

  it("standard input into a file - cannot continue, and starts over with force", async () => {
    const run = (more: CorpusOptions = {}) =>
      labelCorpus({
        input: "-",
        output: folder.at("out.csv"),
        labeller: plainLabeller(),
        options: { format: "text", ...more },
        stdin: Readable.from([Buffer.from("a\n")]),
      })
    await run()
    await expect(run()).rejects.toMatchObject({
      code: "run_changed",
      message: "the run cannot continue, because standard input cannot be read from the middle; --force starts over",
    })
    expect(await run({ force: true })).toMatchObject({ rows: 1 })
  })

  it("the manifest vouches only for what was synced before", async () => {
    folder.write("in.csv", corpus(100))
    const handle = await open(folder.at("in.csv"))
    const prototype = Object.getPrototypeOf(handle) as FileHandle
    await handle.close()
    const syncedBytes = new Map<number, number>()
    const datasync = prototype.datasync
    const spy = vi.spyOn(prototype, "datasync").mockImplementation(async function (this: FileHandle) {
      const { ino, size } = await this.stat()
      await datasync.call(this)
      syncedBytes.set(ino, size)
    })
    try {
      const vouched: number[] = []
      const labeller = plainLabeller(() => {
        const { outputBytes, errorsBytes } = manifestOf("out.csv").safe
        const synced = (name: string) => (outputBytes === 0 ? 0 : (syncedBytes.get(statSync(folder.at(name)).ino) ?? 0))
        expect(synced("out.csv")).toBeGreaterThanOrEqual(outputBytes)
        if (errorsBytes > 0) expect(synced("out.csv.errors.jsonl")).toBeGreaterThanOrEqual(errorsBytes)
        vouched.push(outputBytes)
      })
      await label("in.csv", "out.csv", {}, labeller)
      expect(new Set(vouched).size).toBeGreaterThan(10)
    } finally {
      spy.mockRestore()
    }
  })

  it("checkpointMs - the manifest moves when so much time has passed", async () => {
    folder.write("in.csv", corpus(100))
    const seen = async (checkpointMs: number) => {
      const chunks = new Set<number>()
      const labeller = plainLabeller(() => {
        chunks.add(manifestOf("out.csv").safe.chunks)
      })
      await label("in.csv", "out.csv", { checkpointMs, force: true }, labeller)
      return chunks.size
    }
    expect(await seen(0)).toBeGreaterThan(10)
    expect(await seen(60_000)).toBe(1)
  })
})
