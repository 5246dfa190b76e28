import { setImmediate as nextTurn } from "node:timers/promises"
import { expect, it } from "vitest"
import { longJson } from "../../src/http/long-json.ts"
import { postJson, startTestServer } from "./test-server.ts"

it.each([
  [{}],
  [{ a: undefined, b: [], c: [undefined, null, 1, "x", true], d: { e: {} }, '"': "\u2028\ud800" }],
  [{ words: Array.from({ length: 2500 }, (_, index) => `w${index}`), rows: [{ a: 1 }, [], { b: [["c"]] }] }],
])("longJson() - writes what JSON.stringify writes", async value => {
  expect(await longJson(value)).toBe(JSON.stringify(value))
})

it("longJson() - lets others have turns of the event loop", async () => {
  let [turns, over] = [0, false]
  const others = (async () => {
    for (; !over; turns++) await nextTurn()
  })()
  await longJson({ words: Array(1_000_000).fill("word") })
  over = true
  await others
  expect(turns).toBeGreaterThanOrEqual(20)
})

it("POST /v1/label with many matched words - the members that a short answer has", async () => {
  await using server = await startTestServer()
  const texts = ["good ".repeat(10_001), "bad", ""]
  const { status, headers, body } = await postJson(`${server.url}/v1/label`, { texts })
  expect([status, headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"])
  const short = await postJson(`${server.url}/v1/label`, { texts: ["good", ...texts.slice(1)] })
  const { results, ...others } = body as { results: Record<string, unknown>[] }
  const { results: shortResults, ...shortOthers } = short.body as typeof body & { results: Record<string, unknown>[] }
  expect(others).toEqual(shortOthers)
  expect(results.slice(1)).toEqual(shortResults.slice(1))
  expect(results[0]).toEqual({ ...shortResults[0], tokens: 10_001, words: Array(10_001).fill("good") })
})
