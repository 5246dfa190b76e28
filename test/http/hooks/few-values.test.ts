import { setImmediate as nextTurn } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { ValueCount } from "../../../src/corpus/records/few-values.ts"
import { mostValues, requireFewValues, requireFewValuesInTurns } from "../../../src/http/hooks/require-few-values.ts"

const most = 100
const check = (json: string) => requireFewValues(Buffer.from(json), most)
const refused = "a JSON body must have at most 100 values"

describe("requireFewValues()", () => {
  it.each([
    ["items", `[${"1,".repeat(most)}1]`],
    ["members", `{${'"a":1,'.repeat(most)}"b":1}`],
    ["lists in lists", "[".repeat(most) + "]".repeat(most)],
    ["objects in objects, never closed", '{"a":'.repeat(most)],
    ["items after an escaped quote", `["a\\"",${"1,".repeat(most)}1]`],
    ["items after a backslash at the end of a string", `["a\\\\",${"1,".repeat(most)}1]`],
  ])("too many %s - 413", (_, json) => {
    expect(() => check(json)).toThrow(refused)
  })

  it.each([
    ["as many as there may be", `[${"1 ,".repeat(most - 2)}1]${" ".repeat(most)}`],
    ["a text of commas and brackets", JSON.stringify(["{[,".repeat(1000)])],
    ["a text of quotes", JSON.stringify(['",'.repeat(1000)])],
    ["a text of backslashes", JSON.stringify(["\\,".repeat(1000)])],
    ["a text that is never closed", `["${",".repeat(1000)}`],
  ])("%s - is let through", (_, json) => {
    expect(json.length).toBeGreaterThan(2 * most)
    expect(() => check(json)).not.toThrow()
  })

  it("a request of as many texts as it may have, in the widest form of any route - is let through", () => {
    const texts = Array.from({ length: 100_000 }, () => ({ text: "," }))
    const body = Buffer.from(JSON.stringify({ inputs: texts, parameters: { top_k: 1 } }))
    expect(() => requireFewValues(body, mostValues(texts.length))).not.toThrow()
  })
})

describe("requireFewValuesInTurns()", () => {
  it("a long body - others get a turn for each megabyte", async () => {
    let [turns, over] = [0, false]
    const others = (async () => {
      for (; !over; turns++) await nextTurn()
    })()
    await requireFewValuesInTurns(Buffer.alloc(8 * 1024 * 1024, "x"), most)
    over = true
    await others
    expect(turns).toBeGreaterThanOrEqual(8)
  })

  it("values in all megabytes, and a string over their borders - are counted together", async () => {
    const half = `${"1,".repeat(most / 2)}1`
    const long = JSON.stringify('\\",'.repeat(1024 * 1024))
    await expect(requireFewValuesInTurns(Buffer.from(`[${half},${long},${half}]`), most)).rejects.toThrow(refused)
    await expect(requireFewValuesInTurns(Buffer.from(`[${long},${half}]`), most)).resolves.toBeUndefined()
  })
})

it("ValueCount - byte by byte: an escaped quote ends no string", () => {
  const countsMore = (json: string, most: number) => {
    const count = new ValueCount(most)
    return [...Buffer.from(json)].some(byte => count.push(Buffer.from([byte])))
  }
  for (const json of ['["a\\",[,{",2]', '["a\\\\",2]']) {
    expect(countsMore(json, 2)).toBe(true)
    expect(countsMore(json, 3)).toBe(false)
  }
})
