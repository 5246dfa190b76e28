import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { providers } from "../../../src/classifier/plan/providers.ts"

const rows = readFileSync("docs/devices.md", "utf8")
  .split("\n")
  .filter(line => line.startsWith("| `"))
const suffix = { children: "[:N]", index: "[:i]", none: "" } as const

describe("docs/devices.md", () => {
  it.each(providers)("has $device as it is in the table of providers", ({ device, number, name, platforms }) => {
    const row = rows.find(line => line.split("|")[1]?.includes(`\`${device}${suffix[number]}\``))
    expect(row?.split("|")[2]).toContain(`\`${name}\``)
    for (const platform of platforms ?? []) expect(row).toContain(platform.replace(/^win32\/.*/, "win32"))
  })

  it("names every file and library that a provider needs", () => {
    const table = rows.join("\n")
    for (const needed of providers.flatMap(({ files, libraries }) => [...files, ...libraries]))
      expect(table).toContain(`\`${needed}\``)
  })
})
