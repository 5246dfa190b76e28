import { expect, it } from "vitest"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import type { Labeller } from "../../src/labeller.ts"
import { plainClassifier } from "../classifier/plain-classifier.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"

it("texts that come again, stopped and started again - are labelled once, and the bytes are those of every text", async () => {
  using folder = new TemporaryFolder()
  const kinds = ["a", "bc", "def", "gh", "i"]
  folder.write("in.txt", Array.from({ length: 60 }, (_, row) => `${kinds[(row * row) % 5]}${row % 9}\n`).join(""))
  const run = (labeller: Labeller, output: string, dedup: boolean, signal?: AbortSignal) =>
    labelCorpus({
      input: folder.at("in.txt"),
      output: folder.at(output),
      labeller,
      options: { chunkTexts: 4, maxChunks: 3, checkpointMs: 0, dedup },
      signal,
    })
  await run(plainLabeller(), "whole.csv", false)

  await using fleet = await TestFleet.open()
  const stop = new AbortController()
  let calls = 0
  await fleet.worker({ labeller: plainLabeller(() => ++calls === 5 && stop.abort()) })
  const first = await fleet.producer()
  const stopped = await run(first, "out.csv", true, stop.signal)
  expect(stopped.interrupted).toBe(true)
  await first.close()
  const summary = await run(await fleet.producer(), "out.csv", true)
  expect(summary).toMatchObject({ interrupted: false, rows: 60, resumedRows: stopped.rows })
  expect(summary.repeated).toBeGreaterThan(10)
  expect(folder.read("out.csv")).toBe(folder.read("whole.csv"))
})

it("stopped while a worker does not get on - leaves no job behind, and goes on to the bytes of one go", async () => {
  using folder = new TemporaryFolder()
  folder.write("in.txt", Array.from({ length: 40 }, (_, row) => `${"x".repeat(row + 1)}\n`).join(""))
  const stop = new AbortController()
  const run = (labeller: Labeller, output: string, signal?: AbortSignal) =>
    labelCorpus({
      input: folder.at("in.txt"),
      output: folder.at(output),
      labeller,
      options: { chunkTexts: 4, maxChunks: 64, stopSeconds: 0 },
      signal,
    })
  await run(plainLabeller(), "whole.csv")

  await using fleet = await TestFleet.open()
  const { labeller, held, letGo } = heldLabeller()
  await fleet.worker({ labeller, options: { bulkConcurrency: 1 } })
  const producer = await fleet.producer()
  const stopped = run(producer, "out.csv", stop.signal)
  await eventually(async () => held.length === 1 && (await fleet.queues.of("bulk").getWaitingCount()) === 9)
  stop.abort()
  expect(await stopped).toMatchObject({ interrupted: true, rows: 0 })
  await producer.close()
  await eventually(() => fleet.ended.length === 1)
  expect(fleet.ended).toMatchObject([{ outcome: "cancelled" }])
  expect(await fleet.queues.of("bulk").getJobCounts("wait", "active")).toEqual({ wait: 0, active: 0 })

  letGo()
  expect(await run(await fleet.producer(), "out.csv")).toMatchObject({ interrupted: false, rows: 40 })
  expect(folder.read("out.csv")).toBe(folder.read("whole.csv"))
})

it.each(["skip", "error", "label"] as const)(
  "blank texts, empty %s - the bytes of a run without a fleet",
  async empty => {
    using folder = new TemporaryFolder()
    const input = folder.write(
      "in.jsonl",
      '{"text":""}\n{"text":"ab"}\n{"text":null}\n{"text":"\\u00a0"}\n{"text":"abc"}\n',
    )
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const run = (labeller: Labeller, name: string) =>
      labelCorpus({ input, output: folder.at(name), labeller, options: { empty, chunkTexts: 2 } })
    await run(plainLabeller(), "whole.jsonl")
    const summary = await run(await fleet.producer(), "out.jsonl")
    expect(summary).toMatchObject({
      rows: 5,
      ...{ skip: { empty: 3 }, error: { failed: 3 }, label: { labelled: 5 } }[empty],
    })
    expect(folder.read("out.jsonl")).toBe(folder.read("whole.jsonl"))
    if (empty === "error") expect(folder.read("out.jsonl.errors.jsonl")).toBe(folder.read("whole.jsonl.errors.jsonl"))
  },
)

it("a blank text that a program adds - its own error in the job's result", async () => {
  await using fleet = await TestFleet.open()
  await fleet.worker({ labeller: await plainClassifier() })
  const producer = await fleet.producer()
  const ids = [...(await producer.add(["", "+"])), ...(await producer.add([""], { empty: "label" }))]
  const ends = new Map<string, unknown>()
  for await (const end of producer.results(ids)) ends.set(end.id, end)
  expect(ids.map(id => ends.get(id))).toMatchObject([
    { results: [{ error: { code: "text_empty" } }, { label: "PLUS" }] },
    { results: [{ label: expect.any(String) }] },
  ])
})
