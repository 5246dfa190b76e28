import { existsSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { findForeignBinaries, removeBinaries } from "../src/foreign-binaries.ts"
import { TemporaryFolder } from "./corpus/temporary-folder.ts"

const files = [
  "napi/linux/x64/onnxruntime_binding.node",
  "napi/linux/x64/libonnxruntime.so.1",
  "napi/linux/arm64/onnxruntime_binding.node",
  "napi/darwin/arm64/onnxruntime_binding.node",
  "tokenizers/index.js",
  "tokenizers/tokenizers.linux-x64-gnu.node",
  "tokenizers/tokenizers.linux-x64-musl.node",
  "tokenizers/tokenizers.darwin-universal.node",
  "tokenizers/tokenizers.darwin-arm64.node",
  "tokenizers/tokenizers.win32-x64-msvc.node",
]

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  for (const file of files) folder.write(file, "1234")
})
afterEach(() => folder[Symbol.dispose]())

const find = (platform: string, arch: string) =>
  findForeignBinaries({ onnxRuntime: folder.at("napi"), tokenizers: folder.at("tokenizers") }, { platform, arch })
const kept = () => files.filter(file => existsSync(folder.at(file)))

describe("findForeignBinaries", () => {
  it("Linux on x64 - keeps its own binaries, for both C libraries, and all that is no binary", async () => {
    const found = await find("linux", "x64")
    expect(found.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(4 * 5)
    await removeBinaries(found)
    expect(kept()).toEqual([...files.slice(0, 2), ...files.slice(4, 7)])
    expect(await find("linux", "x64")).toEqual([])
  })

  it("macOS on arm64 - keeps its own and the universal binary", async () => {
    await removeBinaries(await find("darwin", "arm64"))
    expect(kept()).toEqual([files[3], files[4], files[7], files[8]])
  })
})
