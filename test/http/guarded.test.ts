import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { guarded } from "../../src/http/guarded.ts"

describe("guarded()", () => {
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("no")
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    [
      "throws no error",
      () => {
        throw "no"
      },
    ],
  ])("a callback that %s - is logged, and nothing goes further", async (_, callback) => {
    const logged: unknown[] = []
    guarded({ error: (...told: unknown[]) => void logged.push(told) }, callback)()
    await new Promise(resolve => setImmediate(resolve))
    expect(logged).toEqual([[expect.objectContaining({ message: "no" }), "a callback failed"]])
  })

  it("hands on what it is given", () => {
    const got: unknown[] = []
    guarded({ error: () => {} }, (...given: unknown[]) => got.push(...given))(1, "a")
    expect(got).toEqual([1, "a"])
  })
})

/** Lines of src/http at which a callback begins that no handler waits for, and which cannot fail: all do one thing, to this process. */
const harmless = [
  // Settling a promise, or aborting what a handler waits for.
  /\(resolve, |resolve\(|=> reject\(|"error", reject\)|onTimeout, timeoutMs|"close", onClose/,
  // Counts bytes, and hands errors on.
  /payload\.(on\("data"|once\("error")|unpacked\.once\("error"/,
  // Nothing is done.
  /\("error", \(\) => \{\}\)/,
  // Logged alone.
  /\("error", err => [\w.]+log\.debug\(/,
  /clearTimeout|once\("end", stop\)/,
  // Sets and streams of this process.
  /streams\.delete\(stream\)|"close", stop\)|closeAllConnections\(\)|closeIdleConnections\(\)/,
  // Rejections are caught where the work is begun.
  /look\(\)\.catch|void this\.#run\(\)|void this\.#watchers\.delete|void this\.#adoptLoop/,
  /setTimeout\(late, maxMs\)|await (set|wait)|import \{/,
  /socket\.destroy\(\), lingerMs|answers\.delete\(response\)/,
  /"devicesLost", \(\) => \{/,
  /request\.once\("response"/,
]

it("each callback in src/http that no handler waits for - is guarded, or is known to be harmless", () => {
  const folder = new URL("../../src/http", import.meta.url).pathname
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(file => file.endsWith(".ts"))
  const loose = files.flatMap(file => {
    const text = readFileSync(join(folder, file), "utf8")
    const calls = text.matchAll(
      /(?:\.(?:on|once|addListener|addEventListener|then)|setTimeout|setInterval|setImmediate|nextTick|queueMicrotask)\(|\bvoid (?!of)[\w#.]+\(/g,
    )
    return [...calls].map(({ index }) => {
      const end = text.indexOf("\n", index)
      // A call may go on in the next lines.
      const call =
        text.slice(text.lastIndexOf("\n", index) + 1, end) + text.slice(end, end + 60).replaceAll(/\s+/g, " ")
      return `${file}: ${call.trim()}`
    })
  })
  expect(loose.length).toBeGreaterThan(20)
  expect(loose.filter(call => !call.includes("guarded(") && !harmless.some(each => each.test(call)))).toEqual([])
})
