import type { WriteStream } from "node:tty"
import { describe, expect, it } from "vitest"
import { openDrainDisplay } from "../../../src/cli/show/drain-display.ts"
import type { LaneLeft } from "../../../src/queue/drain-lanes.ts"

const left = (waitingJobs: number, paused = false): LaneLeft[] => [
  { lane: "bulk", paused, waitingJobs, activeJobs: 1, delayedJobs: 2 },
]

function fakeStream(isTTY: boolean): { readonly stream: WriteStream; readonly written: string[] } {
  const written: string[] = []
  const write = (text: string) => written.push(text)
  return { written, stream: { isTTY, columns: 40, write } as unknown as WriteStream }
}

describe("openDrainDisplay", () => {
  it("a log - a line at first, and then every 10 s", () => {
    const { stream, written } = fakeStream(false)
    let nowMs = 0
    using display = openDrainDisplay(stream, () => nowMs)
    for (nowMs of [0, 9999, 10_000]) display.show(left(4000 - nowMs / 10))
    display.print("done")
    expect(written).toEqual([
      "bulk: 4,000 wait, 1 active, 2 delayed\n",
      "bulk: 3,000 wait, 1 active, 2 delayed\n",
      "done\n",
    ])
    expect(display.described).toBe("bulk: 3,000 wait, 1 active, 2 delayed")
  })

  it("a terminal - a line that changes, cut to its width, and gone at the end", () => {
    const { stream, written } = fakeStream(true)
    {
      using display = openDrainDisplay(stream)
      display.show(left(3))
      display.show(left(2, true))
      display.print("a line that stays")
    }
    expect(written).toEqual([
      "\r\x1b[Kbulk: 3 wait, 1 active, 2 delayed",
      "\r\x1b[Kbulk (paused: valence queue resume): 2 ",
      "\r\x1b[Ka line that stays\n",
      "\r\x1b[K",
    ])
  })
})
