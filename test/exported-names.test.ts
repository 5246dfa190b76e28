import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"

const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:interface|type|class|function\*?|const|let|enum) (\w+)/gm

describe("exported names", () => {
  it("mean one thing each", () => {
    const files = new Map<string, Set<string>>()
    for (const file of readdirSync("src", { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue
      // A schema and the type of what it describes have one name, in one file.
      for (const [, name = ""] of readFileSync(`src/${file}`, "utf8").matchAll(declaration))
        files.set(name, (files.get(name) ?? new Set()).add(file))
    }
    expect(files.size).toBeGreaterThan(500)
    expect([...files].filter(([, declared]) => declared.size > 1)).toEqual([])
  })
})
