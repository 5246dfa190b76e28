import { describe, expect, it } from "vitest"
import { Tokenising, type Untokenised } from "../../src/classifier/tokenising.ts"
import { ValenceError } from "../../src/errors.ts"
import type { Lane } from "../../src/labeller.ts"
import type { Tokenizer } from "../../src/model/tokenizer/tokenizer.ts"

const POISON = "poison"

/** Gives each text one id, its length; remembers its calls. */
function plainTokenizer() {
  const calls: (readonly string[])[] = []
  const tokenizer: Tokenizer = {
    special: { before: 0, after: 0 },
    isUnfamiliar: () => false,
    async encode(texts) {
      calls.push(texts)
      await new Promise(resolve => setImmediate(resolve))
      if (texts.includes(POISON)) throw new Error("cannot")
      return texts.map(text => ({ inputIds: Int32Array.of(text.length), tokens: 1, truncated: false }))
    },
  }
  return { tokenizer, calls }
}

/** Adds texts in one turn of the event loop; gives the order in which they were encoded. */
async function encodedOrder(tokenizer: Tokenizer, arrivals: readonly (readonly [string, Lane])[]): Promise<string[]> {
  const tokenising = new Tokenising(tokenizer)
  const order: string[] = []
  await new Promise<void>(resolve => {
    for (const [text, lane] of arrivals) {
      const encoded: Untokenised["encoded"] = outcome => {
        order.push(outcome instanceof ValenceError ? outcome.code : text)
        if (order.length === arrivals.length) resolve()
      }
      tokenising.add({ text, maxLength: 8, encoded }, lane)
    }
  })
  return order
}

const many = (prefix: string, count: number, lane: Lane) =>
  Array.from({ length: count }, (_, i) => [`${prefix}${i}`, lane] as const)

describe("Tokenising", () => {
  it("encodes what arrives together in few calls, interactive texts first and in order of arrival", async () => {
    const { tokenizer, calls } = plainTokenizer()
    const order = await encodedOrder(tokenizer, [...many("b", 10, "bulk"), ...many("i", 400, "interactive")])
    expect(calls.map(texts => texts.length)).toEqual([256, 154])
    expect(order.filter(text => text.startsWith("i"))).toEqual(many("i", 400, "interactive").map(([text]) => text))
    expect(order.slice(246, 256)).toEqual(many("b", 10, "bulk").map(([text]) => text))
  })

  it("gives bulk texts a part of each call, however many interactive texts wait", async () => {
    const { tokenizer, calls } = plainTokenizer()
    await encodedOrder(tokenizer, [...many("b", 500, "bulk"), ...many("i", 1000, "interactive")])
    expect(calls[0]?.filter(text => text.startsWith("b"))).toHaveLength(64)
  })

  it("lets short texts pass long ones, which are encoded one at a time", async () => {
    const { tokenizer, calls } = plainTokenizer()
    const long = (letter: string) => letter.repeat(30_000)
    const order = await encodedOrder(tokenizer, [
      [long("x"), "bulk"],
      [long("y"), "bulk"],
      [long("z"), "interactive"],
      ["short", "bulk"],
    ])
    expect(order.map(text => text[0]).filter(letter => letter !== "s")).toEqual(["z", "x", "y"])
    expect(order.indexOf("short")).toBeLessThan(2)
    expect(calls.every(texts => texts.length === 1)).toBe(true)
  })

  it("leaves the event loop a turn between calls that end at once", async () => {
    const turns: number[] = []
    let turn = 0
    const nextTurn = () => {
      turn += 1
      if (turns.length < 4) setImmediate(nextTurn)
    }
    setImmediate(nextTurn)
    const tokenizer: Tokenizer = {
      special: { before: 0, after: 0 },
      isUnfamiliar: () => false,
      async encode(texts) {
        turns.push(turn)
        return texts.map(() => ({ inputIds: Int32Array.of(1), tokens: 1, truncated: false }))
      },
    }
    await encodedOrder(tokenizer, many("b", 4 * 256, "bulk"))
    expect(new Set(turns).size).toBe(4)
  })

  it("fails a text alone that cannot be encoded", async () => {
    const { tokenizer } = plainTokenizer()
    const order = await encodedOrder(tokenizer, [
      ["a", "bulk"],
      [POISON, "bulk"],
      ["b", "bulk"],
    ])
    expect(order).toEqual(["a", "text_invalid", "b"])
  })

  it("does not encode dropped texts", async () => {
    const { tokenizer, calls } = plainTokenizer()
    const tokenising = new Tokenising(tokenizer)
    const dropped = { text: "dropped", maxLength: 8, dropped: true, encoded: () => expect.unreachable() }
    tokenising.add(dropped, "bulk")
    await new Promise<void>(resolve => {
      tokenising.add({ text: "kept", maxLength: 8, encoded: () => resolve() }, "bulk")
    })
    expect(calls).toEqual([["kept"]])
  })
})
