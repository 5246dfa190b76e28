import { PassThrough } from "node:stream"
import type { WriteStream } from "node:tty"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { describeProgress, noProgressDisplay, openProgressDisplay } from "../../../src/cli/show/progress-display.ts"
import type { Progress } from "../../../src/corpus/run/progress.ts"

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const progress: Progress = {
  rows: 12_000,
  failed: 0,
  bytes: 600,
  totalBytes: 10_000,
  estimatedRows: 200_000,
  textsPerSecond: 2810,
  remainingMs: 67_000,
  elapsedMs: 4270,
}

function stream(isTTY: boolean, columns = 100) {
  const through = Object.assign(new PassThrough(), { isTTY, columns })
  const read = () => through.read()?.toString() ?? ""
  return { stream: through as unknown as WriteStream, read }
}

describe("describeProgress", () => {
  it("rows, speed and time left", () => {
    expect(describeProgress(progress)).toBe("12,000 of ~200,000 rows  2,810 texts/s  1 min 7 s left")
  })

  it("what failed, and no estimates where there are none", () => {
    expect(describeProgress({ ...progress, failed: 3, estimatedRows: undefined, remainingMs: undefined })).toBe(
      "12,000 rows  3 failed  2,810 texts/s",
    )
  })
})

describe("openProgressDisplay", () => {
  it("no terminal - a line every 10 s, of the last that was told, until it is disposed", () => {
    const { stream: log, read } = stream(false)
    const display = openProgressDisplay(log)
    vi.advanceTimersByTime(10_000)
    expect(read()).toBe("")
    display.show({ ...progress, rows: 1 })
    display.show(progress)
    expect(read()).toBe("")
    vi.advanceTimersByTime(10_000)
    expect(read()).toBe(`${describeProgress(progress)}\n`)
    vi.advanceTimersByTime(10_000)
    expect(read()).toBe(`${describeProgress(progress)}\n`)
    display[Symbol.dispose]()
    vi.advanceTimersByTime(60_000)
    expect(read()).toBe("")
    expect(vi.getTimerCount()).toBe(0)
  })

  it("a terminal - a bar that moves, and is gone when it is disposed", () => {
    const { stream: terminal, read } = stream(true)
    const display = openProgressDisplay(terminal)
    expect(read()).toBe("")
    display.show(progress)
    expect(read()).toContain(`█${"░".repeat(11)} 6 %  ${describeProgress(progress)}`)
    vi.advanceTimersByTime(1000)
    display.show({ ...progress, bytes: 5000 })
    vi.advanceTimersByTime(1000)
    expect(read()).toContain(`${"█".repeat(6)}${"░".repeat(6)} 50 %`)
    display.print("a line that stays")
    expect(read()).toMatch(/a line that stays\n$/)
    display.show(progress)
    expect(read()).toContain("6 %")
    display[Symbol.dispose]()
    display[Symbol.dispose]()
    expect(vi.getTimerCount()).toBe(0)
  })

  it("a narrow terminal - a line that fits it", () => {
    const { stream: terminal, read } = stream(true, 40)
    using display = openProgressDisplay(terminal)
    display.show(progress)
    expect(read()).toContain(`█${"░".repeat(11)} 6 %  12,000 of ~200,000 ro\u001b`)
  })

  it("a terminal, and an input whose size is not known - no bar, but the rows", () => {
    const { stream: terminal, read } = stream(true)
    using display = openProgressDisplay(terminal)
    display.show({ ...progress, totalBytes: undefined, estimatedRows: undefined, remainingMs: undefined })
    const shown = read()
    expect(shown).not.toContain("?7l")
    expect(shown).toContain("12,000 rows  2,810 texts/s")
    expect(shown).not.toContain("%")
  })
})

describe("noProgressDisplay", () => {
  it("prints lines, and no progress", () => {
    const { stream: terminal, read } = stream(true)
    using display = noProgressDisplay(terminal)
    display.show(progress)
    display.print("a line")
    expect(read()).toBe("a line\n")
  })
})
