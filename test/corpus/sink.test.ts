import { open } from "node:fs/promises"
import { PassThrough } from "node:stream"
import { gunzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { FileSink, GzipSink, StreamSink } from "../../src/corpus/sink.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

async function gzipSink(folder: TemporaryFolder, name: string, bytes = 0): Promise<GzipSink> {
  const path = bytes === 0 ? folder.write(name, "") : folder.at(name)
  return new GzipSink(new FileSink(path, await open(path, "r+"), bytes))
}

describe("FileSink", () => {
  it("writes from its position on, and tells where it is", async () => {
    using folder = new TemporaryFolder()
    const path = folder.write("out", "12345")
    const sink = new FileSink(path, await open(path, "r+"), 2)
    await sink.write("äx")
    expect([sink.bytes, sink.settled]).toEqual([5, true])
    await sink.sync()
    await sink.close()
    expect(folder.read("out")).toBe("12äx")
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

describe("GzipSink", () => {
  const lines = (at: number) => `${String(at).repeat(20_000)}\n`

  it("is settled where a member ended, and goes on from there with the same bytes", async () => {
    using folder = new TemporaryFolder()
    const whole = await gzipSink(folder, "whole.gz")
    const settled: [number, number][] = []
    for (let at = 0; at < 40; at++) {
      await whole.write(lines(at))
      if (whole.settled) settled.push([at + 1, whole.bytes])
    }
    await whole.finish()
    await whole.close()
    expect(settled.length).toBeGreaterThan(1)
    expect(gunzipSync(folder.bytes("whole.gz")).toString()).toBe(
      Array.from({ length: 40 }, (_, at) => lines(at)).join(""),
    )

    for (const [from, bytes] of settled) {
      folder.write("again.gz", folder.bytes("whole.gz").subarray(0, bytes))
      const again = await gzipSink(folder, "again.gz", bytes)
      for (let at = from; at < 40; at++) await again.write(lines(at))
      await again.finish()
      await again.close()
      expect(folder.bytes("again.gz").equals(folder.bytes("whole.gz"))).toBe(true)
    }
  })

  it("nothing written - an empty gzip file", async () => {
    using folder = new TemporaryFolder()
    const sink = await gzipSink(folder, "empty.gz")
    await sink.finish()
    await sink.finish()
    await sink.close()
    expect(gunzipSync(folder.bytes("empty.gz"))).toHaveLength(0)
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
