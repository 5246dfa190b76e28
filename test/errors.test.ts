import { describe, expect, it } from "vitest"
import { asError, shown } from "../src/errors.ts"

const nested = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`) as unknown
const throwing = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error("no")
    },
    getPrototypeOf() {
      throw new Error("no")
    },
  },
)
const error = Object.assign(new TypeError("x"), { toString: 1 })

describe("shown()", () => {
  it.each<[unknown, string]>([
    ["a", '"a"'],
    ['a"\n\ud800', '"a\\"\\n\\ud800"'],
    [1.5, "1.5"],
    [-0, "0"],
    [Number.NaN, "NaN"],
    [10n, "10"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [() => 1, "a function"],
    [[1, "a", null], '[1,"a",null]'],
    [{ a: 1, b: ["c"] }, '{"a":1,"b":["c"]}'],
    [{ toString: 1, valueOf: 1 }, '{"toString":1,"valueOf":1}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [JSON.parse('{"__proto__":{"toString":1}}'), '{"__proto__":{"toString":1}}'],
    [[[[[["deep"]]]]], "[[[[…]]]]"],
    [{ a: { b: { c: { d: 1 } } } }, '{"a":{"b":{"c":{…}}}}'],
    [[], "[]"],
    [{}, "{}"],
    [error, "TypeError: x"],
  ])("%# - is %s", (value, expected) => {
    expect(shown(value)).toBe(expected)
  })

  it("an object whose getter or trap throws - is shown all the same", () => {
    const getter = Object.defineProperty({}, "a", {
      enumerable: true,
      get() {
        throw new Error("no")
      },
    })
    expect(shown(getter)).toBe("a value that cannot be shown")
    expect(shown(throwing)).toBe("a value that cannot be shown")
    expect(asError(throwing).message).toBe("a value that cannot be shown")
  })

  it.each<[string, () => unknown]>([
    ["a list nested 100,000 deep", () => nested(100_000)],
    [
      "a list that holds itself",
      () => {
        const list: unknown[] = []
        list.push(list, list, list)
        return list
      },
    ],
    ["a million items", () => Array.from({ length: 1_000_000 }, (_, index) => index)],
    ["a million members", () => Object.fromEntries(Array.from({ length: 1_000_000 }, (_, index) => [`k${index}`, 1]))],
    ["a long name", () => ({ ["k".repeat(1_000_000)]: 1 })],
    ["a long string", () => "é".repeat(10_000_000)],
    ["an error with a long message", () => new Error("m".repeat(1_000_000))],
  ])("%s - is shown in 80 characters at most", (_, value) => {
    expect(shown(value()).length).toBeLessThanOrEqual(80)
  })

  it("a text of more than 80 characters - ends in ...", () => {
    expect(shown("x".repeat(100))).toBe(`"${"x".repeat(76)}...`)
    expect(shown("x".repeat(78))).toBe(`"${"x".repeat(78)}"`)
    expect(shown("x".repeat(79))).toBe(`"${"x".repeat(76)}...`)
  })
})

describe("asError()", () => {
  it("an error - is that error", () => {
    expect(asError(error)).toBe(error)
  })

  it.each<[unknown, string]>([
    ["a".repeat(100), "a".repeat(100)],
    [undefined, "undefined"],
    [{ toString: 1 }, '{"toString":1}'],
    [Object.create(null), "{}"],
    [Symbol("s"), "Symbol(s)"],
  ])("%# - becomes the message of one", (thrown, message) => {
    expect(asError(thrown).message).toBe(message)
  })
})
