import { describe, expect, it } from "vitest"
import { installCommands } from "./install-package.ts"

const root = { userId: 0, hasAptGet: true, hasSudo: false }

describe("installCommands", () => {
  it("root - updates and installs, and nothing asks", () => {
    expect(installCommands("redis-server", root).map(words => words.join(" "))).toEqual([
      "env DEBIAN_FRONTEND=noninteractive apt-get -qq update",
      "env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends redis-server",
    ])
  })

  it("a user whom sudo asks for no password - the same by sudo", () => {
    const commands = installCommands("redis-server", { ...root, userId: 1000, hasSudo: true })
    expect(commands.map(words => words.slice(0, 3))).toEqual([
      ["sudo", "-n", "env"],
      ["sudo", "-n", "env"],
    ])
  })

  it("another user - none", () => {
    expect(installCommands("redis-server", { ...root, userId: 1000 })).toEqual([])
    expect(installCommands("redis-server", { ...root, userId: undefined })).toEqual([])
  })

  it("no apt-get - none", () => {
    expect(installCommands("redis-server", { ...root, hasAptGet: false })).toEqual([])
  })
})
