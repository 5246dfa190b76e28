import type { WriteStream } from "node:tty"
import { describe, expect, it } from "vitest"
import { openScreen, watch } from "../../../src/cli/parts/watch.ts"

function fakeStream(isTTY: boolean, rows = 24): { readonly stream: WriteStream; readonly written: string[] } {
  const written: string[] = []
  return { written, stream: { isTTY, rows, write: (text: string) => written.push(text) } as unknown as WriteStream }
}

describe("watch", () => {
  it("looks again and again until it is stopped", async () => {
    const stop = new AbortController()
    const shown: string[] = []
    let looks = 0
    const show = (text: string) => {
      shown.push(text)
      if (shown.length === 3) stop.abort()
    }
    await watch(async () => `look ${++looks}`, show, stop.signal, 1)
    expect(shown).toEqual(["look 1", "look 2", "look 3"])
  })

  it("stopped while a look or a wait goes on - ends at once", async () => {
    const stop = new AbortController()
    const looking = watch(
      () => new Promise(() => {}),
      () => {},
      stop.signal,
      1,
    )
    stop.abort()
    await looking
    const second = new AbortController()
    await watch(
      async () => "text",
      () => setImmediate(() => second.abort()),
      second.signal,
      1_000_000,
    )
  })

  it("a look fails - rejects", async () => {
    const look = () => Promise.reject(new Error("redis is gone"))
    await expect(watch(look, () => {}, new AbortController().signal, 1)).rejects.toThrow("redis is gone")
  })
})

describe("openScreen", () => {
  it("a terminal - each text takes the place of the last, and the cursor is back at the end", () => {
    const { stream, written } = fakeStream(true)
    {
      using screen = openScreen(stream)
      screen.show("a\nb")
      screen.show("c")
    }
    expect(written).toEqual([
      "\x1b[?25l\x1b[2J",
      "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J",
      "\x1b[Hc\x1b[K\n\x1b[J",
      "\x1b[?25h",
    ])
  })

  it("a terminal with fewer rows than lines - shows the first", () => {
    const { stream, written } = fakeStream(true, 3)
    openScreen(stream).show("a\nb\nc\nd")
    expect(written[1]).toBe("\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J")
  })

  it("a pipe - texts follow each other", () => {
    const { stream, written } = fakeStream(false)
    using screen = openScreen(stream)
    screen.show("a\nb")
    screen.show("c")
    expect(written).toEqual(["a\nb\n", "c\n"])
  })
})
