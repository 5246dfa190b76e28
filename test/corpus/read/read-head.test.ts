import { setImmediate as nextTurn } from "node:timers/promises"
import { expect, it } from "vitest"
import { readHead } from "../../../src/corpus/read/read-head.ts"
import { RecordSplitter } from "../../../src/corpus/records/split-records.ts"

async function* nothing(): AsyncGenerator<Buffer> {}

/** Reads a head of JSON Lines, and counts how often others got a turn of the event loop. */
async function readLines(lines: readonly string[]) {
  const splitter = new RecordSplitter({ delimiter: undefined, maxRowBytes: 1000 }, 0, 1)
  let [turns, over] = [0, false]
  const others = (async () => {
    for (; !over; turns++) await nextTurn()
  })()
  const { head, objects } = await readHead(
    "jsonl",
    splitter,
    Buffer.from(lines.map(line => `${line}\n`).join("")),
    nothing(),
  )
  over = true
  await others
  return { records: head.flatMap(({ records }) => records).length, objects, turns }
}

it("readHead() - of lines that are no JSON: others get a turn every 250 lines", async () => {
  const { records, objects, turns } = await readLines(Array(20_000).fill("{x}"))
  expect(records).toBe(20_000)
  expect(objects).toEqual([])
  expect(turns).toBeGreaterThanOrEqual(79)
})

it("readHead() - finds the objects after lines that are none, and none if none has fields", async () => {
  const { objects } = await readLines(["{", "[]", "", '"a"', "{}", ' {"text": "a"} ', '{"b": 1}'])
  expect(objects.map(({ object }) => object)).toEqual([{}, { text: "a" }, { b: 1 }])
  expect((await readLines(["{}", "{}"])).objects).toEqual([])
})
