import { chmodSync } from "node:fs"
import { delimiter } from "node:path"
import { describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { findRedisBinary } from "./find-redis-binary.ts"

function writeProgram(folder: TemporaryFolder, name: string): string {
  const path = folder.write(name, "#!/bin/sh\n")
  chmodSync(path, 0o755)
  return path
}

describe("findRedisBinary", () => {
  it("finds redis-server, then valkey-server", () => {
    using folder = new TemporaryFolder()
    const valkey = writeProgram(folder, "valkey/valkey-server")
    const searchPath = [folder.at("valkey"), folder.at("redis")].join(delimiter)
    expect(findRedisBinary(searchPath)).toBe(valkey)
    const redis = writeProgram(folder, "redis/redis-server")
    expect(findRedisBinary(searchPath)).toBe(redis)
  })

  it("finds none in no folder, and none that may not be run", () => {
    using folder = new TemporaryFolder()
    chmodSync(folder.write("redis-server", ""), 0o644)
    expect(findRedisBinary("")).toBeUndefined()
    expect(findRedisBinary(folder.path)).toBeUndefined()
  })
})
