import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { type Classifier, createClassifier } from "../../src/classifier/classifier.ts"
import { buildModel } from "../../src/graph/build-model.ts"
import type { Labelled, LabelledText } from "../../src/labeller.ts"
import type { ClassifierOptions } from "../../src/options.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { goldenCheckpoint } from "../graph/checkpoints.ts"

const open: Classifier[] = []
async function start(options: ClassifierOptions = {}): Promise<Classifier> {
  const classifier = await createClassifier({ device: "cpu:1", ...options })
  open.push(classifier)
  return classifier
}
afterEach(async () => {
  await Promise.all(open.splice(0).map(classifier => classifier.close()))
})

/** Texts of 3 to 60 words, no two alike. */
const manyTexts = (count: number) =>
  Array.from({ length: count }, (_, i) => `film ${i} is ${"very ".repeat((i * 7) % 58)}${i % 2 ? "good" : "bad"}`)

const labelsOf = (results: readonly LabelledText[]) =>
  results.map(result => (result.error ? result.error.code : result.label))

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe(".label()", () => {
  it("gives one result a text, in order", async () => {
    const classifier = await start()
    const results = await classifier.label(["I love it", "a waste of time", "superb"])
    expect(results).toEqual([
      { label: "POSITIVE", score: expect.closeTo(1, 1), tokens: 5, truncated: false, windows: 1 },
      { label: "NEGATIVE", score: expect.closeTo(1, 1), tokens: 6, truncated: false, windows: 1 },
      { label: "POSITIVE", score: expect.closeTo(1, 1), tokens: 3, truncated: false, windows: 1 },
    ])
    expect(await classifier.label([])).toEqual([])
  })

  it("gives a text the same result alone and among others", async () => {
    const classifier = await start({ device: "cpu:2" })
    const texts = manyTexts(300)
    const together = await classifier.label(texts, { lane: "bulk" })
    expect(await classifier.label(texts.slice(0, 20).reverse())).toEqual(together.slice(0, 20).reverse())
    for (const index of [0, 7, 42]) expect(await classifier.label([texts[index] ?? ""])).toEqual([together[index]])
    expect(classifier.stats).toMatchObject({ texts: 323, deviceRestarts: 0 })
  })

  it("gives a text the same result on all threads, where it comes alone", async () => {
    const texts = manyTexts(60)
    const one = await (await start()).label(texts)
    const classifier = await start({ device: "cpu:2" })
    const alone = async (text: string) => (await classifier.label([text]))[0]
    while (classifier.devicePids.length < 3) expect(await alone(texts[0] as string)).toEqual(one[0])
    const wide = classifier.devicePids[2] as number
    for (const [index, text] of texts.entries()) expect(await alone(text)).toEqual(one[index])
    process.kill(wide, "SIGKILL")
    expect(await alone(texts[1] as string)).toEqual(one[1])
    while (classifier.devicePids.length < 3) expect(await alone(texts[2] as string)).toEqual(one[2])
    expect(classifier.stats.deviceRestarts).toBe(1)
  })

  it("gives a text the same result on devices of several names", async () => {
    const texts = manyTexts(100)
    const one = await (await start()).label(texts)
    const several = await start({ device: "cpu:1,cpu:2" })
    expect(await several.label(texts, { lane: "bulk" })).toEqual(one)
    expect(several.devices.map(({ device, children }) => [device, children])).toEqual([
      ["cpu:1", 1],
      ["cpu:2", 2],
    ])
  })

  it("measures its devices where it is told to, finds that again, and gives the same results", async () => {
    using folder = new TemporaryFolder()
    vi.stubEnv("XDG_CACHE_HOME", folder.path)
    const texts = manyTexts(100)
    const measured = await start({ tune: "measure" })
    const [facts] = measured.devices
    expect(facts?.tokensPerSecond).toBeGreaterThan(0)
    expect(folder.names()).toEqual(["valence"])
    const later = await start({ tune: "auto" })
    expect(later.devices).toEqual([facts])
    expect((await start({ tune: "auto", maxBatchTokens: 100 })).devices).toMatchObject([{ maxBatchTokens: 100 }])
    const untuned = await start({ tune: "off" })
    expect(untuned.devices).toEqual([
      { device: "cpu:1", children: 1, maxBatchTokens: 512, maxBatchTexts: 64, tokensPerSecond: undefined },
    ])
    expect(await later.label(texts)).toEqual(await untuned.label(texts))
    vi.unstubAllEnvs()
  })

  it("lists scores as topK asks, and makes them as function asks", async () => {
    const classifier = await start()
    const one = async (options: Parameters<Classifier["label"]>[1]) =>
      (await classifier.label(["I love it"], options))[0] as Labelled
    const { scores = [] } = await one({ topK: "all" })
    expect(scores.map(({ label }) => label)).toEqual(["POSITIVE", "NEGATIVE"])
    expect(scores.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1)
    expect((await one({ topK: 1 })).scores).toHaveLength(1)
    const [first, second] = (await one({ topK: 2, scoreFunction: "none" })).scores ?? []
    expect(first?.score).toBeGreaterThan(1)
    expect(second?.score).toBeLessThan(-1)
    expect((await one({ scoreFunction: "sigmoid" })).score).toBeCloseTo(1 / (1 + Math.exp(-(first?.score ?? 0))))
  })

  it("truncates at maxLength, and says so", async () => {
    const classifier = await start()
    const [cut, whole] = await classifier.label(["good ".repeat(50), "good"], { maxLength: 8 })
    expect(cut).toMatchObject({ tokens: 8, truncated: true })
    expect(whole).toMatchObject({ tokens: 3, truncated: false, windows: 1 })
    expect((await classifier.label(["good ".repeat(2000)]))[0]).toMatchObject({ tokens: 512, truncated: true })
  })

  it("gives a text that fits the same scores in windows, and a long one the same alone and among others", async () => {
    const classifier = await start({ device: "cpu:2" })
    const texts = manyTexts(60)
    const long = [3000, 20_000].map(length =>
      manyTexts(length / 30)
        .join(". ")
        .slice(0, length * 5),
    )
    const options = { longText: "windows", topK: "all" } as const
    const among = await classifier.label([...long, ...texts], options)
    expect(among.slice(2)).toEqual(await classifier.label(texts, { topK: "all" }))
    for (const [index, text] of long.entries()) expect(await classifier.label([text], options)).toEqual([among[index]])
    for (const result of among.slice(0, 2) as Labelled[]) {
      expect(result).toMatchObject({ truncated: false, windows: 1 + Math.ceil((result.tokens - 512) / 446) })
      expect(result.scores?.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1)
    }
  })

  it.each([
    [{ topK: 0 }, 'topK must be a whole number of labels, 1 or more, or "all"; got 0'],
    [{ scoreFunction: "max" as "none" }, 'scoreFunction must be one of softmax, sigmoid, none; got "max"'],
    [{ maxLength: 1 }, "maxLength must be a whole number of tokens, 2 or more; got 1"],
    [{ maxLength: 513 }, "maxLength must be a whole number of tokens, 2 to 512 for sentiment-small; got 513"],
    [{ lane: "fast" as "bulk" }, 'lane must be one of interactive, bulk; got "fast"'],
  ])("refuses %o", async (options, message) => {
    const classifier = await start()
    await expect(classifier.label(["x"], options)).rejects.toMatchObject({ code: "option_invalid", message })
  })

  it("refuses texts that are no array", async () => {
    const classifier = await start()
    await expect(classifier.label("I love it" as unknown as string[])).rejects.toThrow(
      'texts must be an array of strings; got "I love it"',
    )
  })

  it("labels odd texts, or gives them their own error, and labels their neighbours", async () => {
    const classifier = await start()
    const odd = ["", " ", "\ud800", "a\u0000b", "x".repeat(1_000_000), "🙂".repeat(10_000), "\ufeff", "[CLS] [PAD]"]
    const results = await classifier.label([...odd, 7 as unknown as string, null as unknown as string, "good"])
    expect(results).toHaveLength(odd.length + 3)
    for (const result of results.slice(0, odd.length))
      expect(["NEGATIVE", "POSITIVE", "text_empty"]).toContain(result.error ? result.error.code : result.label)
    expect(labelsOf([0, 1, 6].map(at => results[at] as LabelledText))).toEqual([
      "text_empty",
      "text_empty",
      "text_empty",
    ])
    expect(await classifier.label([""], { empty: "label" })).toMatchObject([{ tokens: 2 }])
    expect(labelsOf(results.slice(odd.length))).toEqual(["text_invalid", "text_invalid", "POSITIVE"])
  })

  it("lets an interactive text pass a bulk call", async () => {
    const classifier = await start()
    let bulkIsDone = false
    const bulk = classifier.label(manyTexts(400), { lane: "bulk" }).then(() => {
      bulkIsDone = true
    })
    while (classifier.stats.texts === 0) await new Promise(resolve => setTimeout(resolve, 5))
    await classifier.label(["good"])
    expect(bulkIsDone).toBe(false)
    await bulk
  })

  it("drops what has not reached a device when its signal aborts, and labels what others wait for", async () => {
    const classifier = await start()
    const abort = new AbortController()
    const dropped = classifier.label(manyTexts(3000), { signal: abort.signal, lane: "bulk" })
    const kept = classifier.label(["good"])
    abort.abort(new Error("enough"))
    await expect(dropped).rejects.toMatchObject({ code: "aborted", cause: new Error("enough") })
    expect(labelsOf(await kept)).toEqual(["POSITIVE"])
    expect(classifier.stats.texts).toBeLessThan(3000)
    await expect(classifier.label(["x"], { signal: abort.signal })).rejects.toMatchObject({ code: "aborted" })
  })

  it("labels nothing more of a long call that was aborted in its middle", async () => {
    const classifier = await start()
    const abort = new AbortController()
    const labelling = classifier.label(Array(20_000).fill("good"), { signal: abort.signal, lane: "bulk" })
    while (classifier.stats.texts < 1980) await new Promise(resolve => setTimeout(resolve, 1))
    abort.abort()
    await expect(labelling).rejects.toMatchObject({ code: "aborted" })
    await classifier.label(["good"], { lane: "bulk" })
    const { texts } = classifier.stats
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(classifier.stats.texts).toBe(texts)
    expect(texts).toBeLessThan(4096)
  })

  it("keeps to the texts that it was given", async () => {
    const classifier = await start()
    const texts = Array<string>(4500).fill("good")
    const labelling = classifier.label(texts)
    texts.length = 0
    expect(await labelling).toHaveLength(4500)
  })

  it("refuses a text that is longer than maxTextLength, alone", async () => {
    const classifier = await start({ maxTextLength: 10 })
    expect(await classifier.label(["good film", "very good film"])).toMatchObject([
      { label: "POSITIVE" },
      { error: { code: "text_invalid", message: "text must have at most 10 UTF-16 units (maxTextLength); got 14" } },
    ])
  })

  it("leaves the event loop free while it is saturated", async () => {
    const classifier = await start({ device: "cpu:2" })
    const before = performance.eventLoopUtilization()
    await classifier.label(manyTexts(600), { lane: "bulk" })
    // 1 where inference runs on the event loop, however busy the machine is.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.7)
  })
})

describe("a device child", () => {
  it("that is killed is replaced, and every text has its label", async () => {
    const classifier = await start({ device: "cpu:2" })
    const texts = manyTexts(400)
    const labelling = classifier.label(texts, { lane: "bulk" })
    const killed: number[] = []
    for (const share of [0.2, 0.5, 0.7]) {
      while (classifier.stats.texts < share * texts.length) await new Promise(resolve => setTimeout(resolve, 5))
      const [pid] = classifier.devicePids
      if (pid !== undefined && !killed.includes(pid)) {
        killed.push(pid)
        process.kill(pid, "SIGKILL")
      }
    }
    const results = await labelling
    expect(results.map(result => result.error)).toEqual(texts.map(() => undefined))
    expect(classifier.stats.deviceRestarts).toBe(killed.length)
    const pids = classifier.devicePids
    expect(pids.some(pid => killed.includes(pid))).toBe(false)
    expect(results.slice(0, 50)).toEqual(await classifier.label(texts.slice(0, 50)))
  })

  it("that takes longer than runTimeoutMs is killed and replaced, and every text has its label", async () => {
    const classifier = await start({ runTimeoutMs: 5000 })
    const [frozen] = classifier.devicePids as [number]
    process.kill(frozen, "SIGSTOP")
    expect(labelsOf(await classifier.label(["good", "bad"]))).toEqual(["POSITIVE", "NEGATIVE"])
    expect(classifier.stats.deviceRestarts).toBe(1)
    expect(classifier.devicePids).not.toContain(frozen)
  })

  it("that does not get ready within startTimeoutMs is killed", async () => {
    await expect(start({ startTimeoutMs: 1 })).rejects.toMatchObject({
      code: "device_failed",
      message: expect.stringContaining("it must be ready within startTimeoutMs, 1 ms; it was not"),
    })
  })

  it("that dies while nothing is to be done is replaced", async () => {
    const classifier = await start()
    const [pid] = classifier.devicePids as [number]
    process.kill(pid, "SIGKILL")
    while (classifier.devicePids[0] === pid || classifier.devicePids.length === 0)
      await new Promise(resolve => setTimeout(resolve, 5))
    expect(labelsOf(await classifier.label(["good"]))).toEqual(["POSITIVE"])
  })

  it("is gone after close()", async () => {
    const classifier = await start({ device: "cpu:2" })
    const pids = classifier.devicePids
    expect(pids).toHaveLength(2)
    await classifier.close()
    while (pids.some(isAlive)) await new Promise(resolve => setTimeout(resolve, 5))
  })
})

describe(".close()", () => {
  it("finishes what was accepted, takes no more, and may be called twice", async () => {
    const classifier = await start()
    const labelling = classifier.label(["good", "bad"])
    await Promise.all([classifier.close(), classifier.close()])
    expect(labelsOf(await labelling)).toEqual(["POSITIVE", "NEGATIVE"])
    await expect(classifier.label(["good"])).rejects.toMatchObject({ code: "closed" })
    await classifier[Symbol.asyncDispose]()
  })
})

describe("createClassifier", () => {
  it.each([
    [{ device: "gpu" }, "option_invalid", "device must be auto, or one or several of cpu[:N], cuda[:i], tensorrt[:i]"],
    [{ device: "cpu:0" }, "option_invalid", 'and i from 0 to 1023; got "cpu:0"'],
    [{ dtype: "int4" as "int8" }, "option_invalid", 'dtype must be one of auto, int8, fp16, fp32; got "int4"'],
    [{ tune: "on" as "off" }, "option_invalid", 'tune must be one of auto, measure, off; got "on"'],
    [{ maxBatchTokens: 0 }, "option_invalid", "maxBatchTokens must be a whole number of tokens, 1 or more; got 0"],
    [{ maxBatchTexts: 0 }, "option_invalid", "maxBatchTexts must be a whole number of texts, 1 or more; got 0"],
    [{ maxWaitMs: -1 }, "option_invalid", "maxWaitMs must be a whole number of ms, 0 to 2147483647; got -1"],
    [{ bulkAgeMs: -1 }, "option_invalid", "bulkAgeMs must be a whole number of ms, 0 to 2147483647; got -1"],
    [
      { maxWaitMs: 2 ** 31 },
      "option_invalid",
      "maxWaitMs must be a whole number of ms, 0 to 2147483647; got 2147483648",
    ],
    [{ startTimeoutMs: 0 }, "option_invalid", "startTimeoutMs must be a whole number of ms, 1 to 2147483647; got 0"],
    [{ maxTextLength: 0 }, "option_invalid", "maxTextLength must be a whole number of UTF-16 units, 1 or more; got 0"],
    [{ runTimeoutMs: 0 }, "option_invalid", "runTimeoutMs must be a whole number of ms, 1 to 2147483647; got 0"],
    [{ color: "red" } as ClassifierOptions, "option_invalid", "option color is not known; the options are model,"],
    [
      { model: "nobody" },
      "model_not_found",
      "model must be a checkpoint folder, a lexicon, OWNER/NAME on the hub or one of sentiment-small",
    ],
    [{ model: "./nobody" }, "model_not_found", "must be a folder with a checkpoint; there is no ./nobody"],
    [{ model: "src" }, "model_not_found", "model src must hold a config.json; src holds no model"],
    [
      { model: "test/golden/distilbert-tiny" },
      "model_not_found",
      "has no int8 graph; build it with: valence models build test/golden/distilbert-tiny --dtype int8",
    ],
  ])("refuses %o", async (options, code, message) => {
    await expect(createClassifier(options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  describe("with a checkpoint folder", () => {
    const source = "test/golden/distilbert-multilabel-tiny"
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "valence-classifier-"))
      for (const file of ["config.json", "tokenizer.json", "model.safetensors"])
        await copyFile(join(source, file), join(folder, file))
      await buildModel(folder, { dtype: "fp32" })
    })
    afterAll(() => rm(folder, { recursive: true }))

    it("of a multi-label model, scores each label by its sigmoid", async () => {
      const { golden, config } = await goldenCheckpoint(source)
      const classifier = await start({ model: folder, dtype: "fp32" })
      const results = await classifier.label(
        golden.rows.map(({ text }) => text),
        { topK: "all", empty: "label" },
      )
      golden.rows.forEach(({ logits }, row) => {
        const { scores = [] } = results[row] as Labelled
        logits.forEach((logit, label) => {
          const score = scores.find(entry => entry.label === config.labels[label])?.score
          expect(score).toBeCloseTo(1 / (1 + Math.exp(-logit)), 4)
        })
      })
      expect(classifier.model).toMatchObject({ labels: ["joy", "anger", "fear", "love"], maxLength: 64, dtype: "fp32" })
    })

    it("whose graph is broken, says so", async () => {
      await writeFile(join(folder, "model.int8.onnx"), "no graph")
      await expect(start({ model: folder })).rejects.toMatchObject({
        code: "model_invalid",
        message: expect.stringMatching(/^graph .*model\.int8\.onnx cannot be used: /),
      })
    })

    it("whose graph gives another number of logits than the config has labels, says so", async () => {
      const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"))
      await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, id2label: { 0: "only" } }))
      await expect(start({ model: folder, dtype: "fp32" })).rejects.toMatchObject({
        code: "model_invalid",
        message: expect.stringContaining("must give one logit for each of the config's 1 labels; it gives 4"),
      })
    })

    it("whose tokenizer is broken, says so", async () => {
      await copyFile(join(source, "config.json"), join(folder, "config.json"))
      await writeFile(join(folder, "tokenizer.json"), "{}")
      await expect(start({ model: folder, dtype: "fp32" })).rejects.toMatchObject({
        code: "model_invalid",
        message: expect.stringContaining("tokenizer.json must be a tokenizer.json; "),
      })
    })
  })
})
