import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { PassThrough, Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { describe, expect, it } from "vitest"
import { readBlocks } from "../../../src/corpus/bytes/read-blocks.ts"
import { CompressedSink, compressorOf, FileSink, StreamSink } from "../../../src/corpus/write/sink.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

async function compressedSink(
  by: "gzip" | "zstd",
  folder: TemporaryFolder,
  name: string,
  bytes = 0,
): Promise<CompressedSink> {
  const path = bytes === 0 ? folder.write(name, "") : folder.at(name)
  return new CompressedSink(new FileSink(path, await open(path, "a"), bytes), await compressorOf(by))
}

/** Puts another file into the place of a file. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}

/** What a compressed file holds, as it is read. */
async function plainOf(compression: "gzip" | "zstd", path: string): Promise<string> {
  return text(readBlocks({ path, format: "text", compression }, 0, Readable.from([])))
}

describe("FileSink", () => {
  it("writes to the end of its file, and tells where it is", async () => {
    using folder = new TemporaryFolder()
    const path = folder.write("out", "12")
    const sink = new FileSink(path, await open(path, "a"), 2)
    await sink.write("äx")
    expect([sink.bytes, sink.settled]).toEqual([5, true])
    await sink.sync()
    await sink.requireWhole()
    await sink.close()
    expect(folder.read("out")).toBe("12äx")
  })

  it.each<[string, (path: string) => void]>([
    ["was removed or moved away during the run: the same command starts over", path => rmSync(path)],
    ["if the file that was written is moved back, the same command continues", path => renameSync(path, `${path}2`)],
    ["was replaced by another file during the run: --force starts over", path => replace(path, "another")],
    ["was cut by another program during the run (3 bytes instead of 5)", path => truncateSync(path, 3)],
    ["was written to by another program during the run (6 bytes instead of 5)", path => appendFileSync(path, "x")],
  ])(".requireWhole() - output_failed: %s", async (message, change) => {
    using folder = new TemporaryFolder()
    const path = folder.write("out", "")
    const sink = new FileSink(path, await open(path, "a"), 0)
    await sink.write("12345")
    await sink.requireWhole()
    change(path)
    const expected = { code: "output_failed", message: expect.stringContaining(message) }
    await expect(sink.requireWhole()).rejects.toMatchObject(expected)
    await sink.close()
  })

  it(".requireWhole() of a file that was cut and written on - leaves no hole that hides it", async () => {
    using folder = new TemporaryFolder()
    const path = folder.write("out", "")
    const sink = new FileSink(path, await open(path, "a"), 0)
    await sink.write("12345")
    truncateSync(path, 1)
    await sink.write("67890")
    await expect(sink.requireWhole()).rejects.toMatchObject({ code: "output_failed" })
    await sink.close()
    expect(folder.read("out")).toBe("167890")
  })

  it.runIf(process.platform === "linux")("a full disk - output_failed, with the file", async () => {
    const sink = new FileSink("/dev/full", await open("/dev/full", "r+"), 0)
    await expect(sink.write("a")).rejects.toMatchObject({
      code: "output_failed",
      message: "output /dev/full cannot be written: ENOSPC: no space left on device, write",
    })
    await sink.close()
  })
})

describe.each(["gzip", "zstd"] as const)("CompressedSink, %s", by => {
  const lines = (at: number) => `${String(at).repeat(20_000)}\n`

  it("is settled where a member ended, and goes on from there with the same bytes", async () => {
    using folder = new TemporaryFolder()
    const whole = await compressedSink(by, folder, "whole")
    const settled: [number, number][] = []
    for (let at = 0; at < 40; at++) {
      await whole.write(lines(at))
      if (whole.settled) settled.push([at + 1, whole.bytes])
    }
    await whole.finish()
    await whole.close()
    expect(settled.length).toBeGreaterThan(1)
    expect(await plainOf(by, folder.at("whole"))).toBe(Array.from({ length: 40 }, (_, at) => lines(at)).join(""))

    for (const [from, bytes] of settled) {
      folder.write("again", folder.bytes("whole").subarray(0, bytes))
      const again = await compressedSink(by, folder, "again", bytes)
      for (let at = from; at < 40; at++) await again.write(lines(at))
      await again.finish()
      await again.close()
      expect(folder.bytes("again").equals(folder.bytes("whole"))).toBe(true)
    }
  })

  it("nothing written - a compressed file of nothing", async () => {
    using folder = new TemporaryFolder()
    const sink = await compressedSink(by, folder, "empty")
    await sink.finish()
    await sink.finish()
    await sink.close()
    expect(folder.bytes("empty").length).toBeGreaterThan(0)
    expect(await plainOf(by, folder.at("empty"))).toBe("")
  })
})

describe("StreamSink", () => {
  it("waits while the reader is behind", async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    const sink = new StreamSink(stream)
    let written = false
    const writing = sink.write("a long line").then(() => {
      written = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(written).toBe(false)
    expect(stream.read().toString()).toBe("a long line")
    await writing
    await sink.finish()
    expect(sink.bytes).toBe(11)
  })

  it("a stream that has failed - output_failed", async () => {
    const stream = new PassThrough()
    const sink = new StreamSink(stream)
    stream.destroy(new Error("write EPIPE"))
    await new Promise(resolve => setImmediate(resolve))
    const failed = { code: "output_failed", message: expect.stringContaining("output - cannot be written") }
    await expect(sink.write("a")).rejects.toMatchObject(failed)
    await expect(sink.finish()).rejects.toMatchObject(failed)
  })
})
