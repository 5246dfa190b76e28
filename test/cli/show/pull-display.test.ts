import { PassThrough } from "node:stream"
import type { WriteStream } from "node:tty"
import { describe, expect, it } from "vitest"
import { openPullDisplay } from "../../../src/cli/show/pull-display.ts"

function stream(isTTY: boolean) {
  const through = Object.assign(new PassThrough(), {
    isTTY,
    columns: 120,
    cursorTo() {},
    clearLine() {},
    clearScreenDown() {},
  })
  return { stream: through as unknown as WriteStream, read: () => through.read()?.toString() ?? "" }
}

const downloading = {
  step: "downloading",
  file: "model.safetensors",
  bytes: 67_000_000,
  totalBytes: 268_000_000,
} as const

describe("openPullDisplay", () => {
  it("no terminal - a line for each file, and for whatever else happens", () => {
    const { stream: log, read } = stream(false)
    using display = openPullDisplay("a/b", log)
    display.show({ step: "waiting", holder: "process 7" })
    display.show(downloading)
    display.show({ ...downloading, bytes: 100_000_000 })
    display.show({ step: "retrying", problem: "model a/b could not be pulled", waitMs: 2000 })
    display.show({ step: "building", dtype: "int8" })
    expect(read().split("\n")).toEqual([
      "a/b: waiting for process 7",
      "a/b: pulling model.safetensors, 268.0 MB in all",
      "model a/b could not be pulled; trying again in 2.0 s",
      "a/b: building the int8 graph, once; it may take minutes",
      "",
    ])
  })

  it("a terminal - a bar, which keeps no signal from ending the process", () => {
    const { stream: terminal, read } = stream(true)
    const listeners = process.listenerCount("SIGINT")
    using display = openPullDisplay("a/b", terminal)
    display.show(downloading)
    expect(process.listenerCount("SIGINT")).toBe(listeners)
    display[Symbol.dispose]()
    expect(read()).toContain("a/b")
  })
})
