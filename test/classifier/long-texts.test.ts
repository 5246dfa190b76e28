import { describe, expect, it } from "vitest"
import type { Labelled, LabelOptions } from "../../src/labeller.ts"
import { plainClassifier, poisoned } from "./plain-classifier.ts"

const inWindows: LabelOptions = { longText: "windows", topK: "all" }
const megabyte = "+- .".repeat(250_000)

describe("longText windows", () => {
  it.each([
    [1, 3, 1],
    [510, 512, 1],
    [511, 513, 2],
    [10_000, 10_002, 23],
    [100_000, 100_002, 225],
  ])(
    "a text of %i tokens of its own - %i with the special ones, %i windows, nothing truncated",
    async (own, tokens, windows) => {
      await using classifier = await plainClassifier()
      const [result] = await classifier.label(["+".repeat(own)], inWindows)
      expect(result).toMatchObject({ label: "PLUS", tokens, truncated: false, windows })
      expect(classifier.stats.texts).toBe(windows)
    },
  )

  it("each window is a row, and the text's scores are their mean, weighted by their tokens", async () => {
    const rows: string[] = []
    await using classifier = await plainClassifier({ onBatch: batch => void rows.push(...batch) })
    const options = { ...inWindows, maxLength: 10, stride: 2 }
    const [result, ...alone] = await classifier.label(["++++++--------", "++++++--", "--------"], options)
    expect(rows.slice(0, 2).sort()).toEqual(["++++++--", "--------"])
    const plus = alone.map(one => (one as Labelled).scores?.find(({ label }) => label === "PLUS")?.score ?? NaN)
    const { score, label } = result as Labelled
    expect(label).toBe("MINUS")
    expect(1 - score).toBeCloseTo(((plus[0] ?? NaN) + (plus[1] ?? NaN)) / 2, 12)
  })

  it("a text that fits - the very scores that it has without", async () => {
    await using classifier = await plainClassifier()
    const texts = Array.from({ length: 50 }, (_, index) => `${"+".repeat(index)}${"- ".repeat(index * 4)}`)
    const without = await classifier.label(texts, { topK: "all" })
    for (const pooling of ["weighted", "mean", "max"] as const)
      expect(await classifier.label(texts, { ...inWindows, pooling })).toEqual(without)
  })

  it("one window fails - its text alone has no label", async () => {
    const onBatch = (rows: readonly string[]) => (rows.some(row => row.includes("!")) ? poisoned() : undefined)
    await using classifier = await plainClassifier({ onBatch })
    const results = await classifier.label(
      ["+".repeat(3000), `${"+".repeat(2000)}!${"+".repeat(2000)}`, "+"],
      inWindows,
    )
    expect(results).toMatchObject([{ windows: 7 }, { error: { code: "text_failed" } }, { windows: 1 }])
  })

  it.each(["interactive", "bulk"] as const)(
    "a text of 1 MB, %s - short texts wait for a few micro-batches",
    async lane => {
      const batches: (readonly string[])[] = []
      let begun = () => {}
      const hasBegun = new Promise<void>(resolve => {
        begun = resolve
      })
      await using classifier = await plainClassifier({
        devices: 2,
        onBatch(rows) {
          batches.push(rows)
          if (batches.length === 10) begun()
          return undefined
        },
      })
      const long = classifier.label([megabyte], { ...inWindows, lane })
      await hasBegun
      const before = batches.length
      const short = await classifier.label(Array(40).fill("+-"), { lane })
      expect(short).toHaveLength(40)
      // On each device one runs and one waits, and as many windows stand in line.
      expect(batches.length - before).toBeLessThanOrEqual(12)
      expect(await long).toMatchObject([{ windows: 2243, tokens: 1_000_002 }])
    },
  )

  it("aborted - windows that have not reached a device are dropped", async () => {
    const abort = new AbortController()
    let batches = 0
    await using classifier = await plainClassifier({
      onBatch() {
        batches++
        if (batches === 5) abort.abort()
        return undefined
      },
    })
    await expect(classifier.label([megabyte], { ...inWindows, signal: abort.signal })).rejects.toMatchObject({
      code: "aborted",
    })
    await classifier.label(["+"])
    expect(batches).toBeLessThan(10)
  })

  it("onTimings - the time from the first window to the last is inference", async () => {
    await using classifier = await plainClassifier()
    let inferenceMs = 0
    const onTimings: LabelOptions["onTimings"] = timings => {
      inferenceMs = timings.inferenceMs ?? 0
    }
    await classifier.label(["+".repeat(20_000)], { ...inWindows, onTimings })
    expect(inferenceMs).toBeGreaterThan(1)
  })
})

describe("longText error", () => {
  it("a text that is too long - text_too_long with tokens and limit, and its neighbours are labelled", async () => {
    await using classifier = await plainClassifier()
    const results = await classifier.label(["+".repeat(510), "+".repeat(511), "-"], { longText: "error" })
    const message = "text must have at most 512 tokens (maxLength) where longText is error; got 513"
    expect(results).toMatchObject([
      { label: "PLUS", truncated: false },
      { error: { code: "text_too_long", message } },
      { label: "MINUS" },
    ])
    expect(classifier.stats.texts).toBe(2)
  })
})

describe("longText truncate", () => {
  it("is the default - one window, which says that it is not all", async () => {
    await using classifier = await plainClassifier()
    const truncated = await classifier.label(["+".repeat(511)])
    expect(truncated).toMatchObject([{ tokens: 512, truncated: true, windows: 1 }])
    expect(await classifier.label(["+".repeat(511)], { longText: "truncate" })).toEqual(truncated)
  })
})

describe("lengths", () => {
  it.each<[LabelOptions, string]>([
    [{ longText: "cut" as "error" }, 'longText must be one of truncate, windows, error; got "cut"'],
    [{ pooling: "sum" as "max" }, 'pooling must be one of weighted, mean, max; got "sum"'],
    [{ stride: -1 }, "stride must be a whole number of tokens, 0 or more; got -1"],
    [
      { longText: "windows", maxLength: 7 },
      "maxLength must be a whole number of tokens, 8 to 512 for characters in windows; got 7",
    ],
    [
      { longText: "windows", maxLength: 100, stride: 51 },
      "stride must be a whole number of tokens, 0 to 50 where maxLength is 100; got 51",
    ],
  ])("%o - option_invalid", async (options, message) => {
    await using classifier = await plainClassifier()
    await expect(classifier.label(["+"], options)).rejects.toMatchObject({ code: "option_invalid", message })
  })

  it.each<LabelOptions>([{ maxLength: 8 }, { maxLength: 8, stride: 0 }, { maxLength: 100, stride: 50 }])(
    "windows of %o - are taken",
    async options => {
      await using classifier = await plainClassifier()
      expect(await classifier.label(["+".repeat(200)], { ...inWindows, ...options })).toMatchObject([{ label: "PLUS" }])
    },
  )
})

describe("check", () => {
  it("texts, some of which cannot be labelled - why not, as label() says, and nothing reaches a device", async () => {
    await using classifier = await plainClassifier()
    const texts = ["+", "+".repeat(9), 7 as unknown as string, "-".repeat(6)]
    const options = { maxLength: 8, longText: "error" } as const
    const checked = await classifier.check(texts, options)
    expect(checked).toMatchObject([
      undefined,
      { error: { code: "text_too_long", message: expect.stringContaining("got 11") } },
      { error: { code: "text_invalid" } },
      undefined,
    ])
    expect(classifier.stats.texts).toBe(0)
    const labelled = await classifier.label(texts, options)
    expect(labelled.map(result => result.error && { error: result.error })).toEqual(checked)
  })

  it("texts that may be long - no refusal", async () => {
    await using classifier = await plainClassifier()
    for (const longText of ["truncate", "windows"] as const)
      expect(await classifier.check(["+".repeat(900)], { longText })).toEqual([undefined])
    await expect(classifier.check(["+"], { maxLength: 1 })).rejects.toMatchObject({ code: "option_invalid" })
  })
})
