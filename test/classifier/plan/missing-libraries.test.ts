import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { readElfDynamic } from "../../../src/classifier/plan/elf-dynamic.ts"
import { type LoaderPaths, readLoaderCache } from "../../../src/classifier/plan/loader-paths.ts"
import { missingLibraries } from "../../../src/classifier/plan/missing-libraries.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { writeLibrary } from "./write-library.ts"

const nowhere: LoaderPaths = { first: [], cache: new Map(), last: [] }

/** Libraries in a folder, by their path in it. */
function libraries(folder: TemporaryFolder, all: Readonly<Record<string, Parameters<typeof writeLibrary>[1]>>) {
  for (const [name, facts] of Object.entries(all)) {
    const path = join(folder.path, name)
    mkdirSync(join(path, ".."), { recursive: true })
    writeLibrary(path, facts)
  }
  return (name: string) => join(folder.path, name)
}

describe("missingLibraries()", () => {
  it.each([
    ["CUDA 12 with cuDNN", ["libcublasLt.so.12", "libcudart.so.12", "libcudnn.so.9", "libcuda.so.1"]],
    ["CUDA 13 without it", ["libcublasLt.so.13", "libcudart.so.13", "libcuda.so.1"]],
    ["a provider of tomorrow", ["libeverything.so.1"]],
  ])("%s - names exactly what its file needs and is not there", (_, needed) => {
    using folder = new TemporaryFolder()
    const at = libraries(folder, { "provider.so": { needed } })
    expect(missingLibraries(at("provider.so"), nowhere)).toEqual(needed)
    const [first = "", ...others] = needed
    libraries(folder, { [first]: {} })
    expect(missingLibraries(at("provider.so"), { ...nowhere, first: [folder.path] })).toEqual(others)
  })

  it("what a library needs that is there - is looked for too, once", () => {
    using folder = new TemporaryFolder()
    const at = libraries(folder, {
      "provider.so": { needed: ["libblas.so", "libdnn.so"], runpath: "$ORIGIN/deep" },
      "deep/libblas.so": { needed: ["libabsent.so", "libblas.so"] },
      "deep/libdnn.so": { needed: ["libabsent.so", "libblas.so"] },
    })
    // A runpath is for what its own library needs: libdnn.so's libblas.so was found before, under its name.
    expect(missingLibraries(at("provider.so"), nowhere)).toEqual(["libabsent.so"])
  })

  it("an rpath - is for what those need that it loads, and comes first; a runpath beside it does away with it", () => {
    using folder = new TemporaryFolder()
    const at = libraries(folder, {
      "rpath.so": { needed: ["liba.so"], rpath: ["$", "{ORIGIN}/deep"].join("") },
      "both.so": { needed: ["liba.so"], rpath: "$ORIGIN/deep", runpath: "$ORIGIN/nothing" },
      "deep/liba.so": { needed: ["libb.so"] },
      "deep/libb.so": {},
    })
    expect(missingLibraries(at("rpath.so"), nowhere)).toEqual([])
    expect(missingLibraries(at("both.so"), nowhere)).toEqual(["liba.so"])
  })

  it("the loader's cache, the default folders, a path - are where it looks too", () => {
    using folder = new TemporaryFolder()
    const at = libraries(folder, { "provider.so": { needed: ["liba.so"] }, "deep/liba.so": {} })
    const cached = { ...nowhere, cache: new Map([["liba.so", [at("deep/liba.so")]]]) }
    expect(missingLibraries(at("provider.so"), cached)).toEqual([])
    expect(missingLibraries(at("provider.so"), { ...nowhere, last: [at("deep")] })).toEqual([])
    libraries(folder, { "provider.so": { needed: [at("deep/liba.so"), "/nowhere/libb.so"] } })
    expect(missingLibraries(at("provider.so"), nowhere)).toEqual(["/nowhere/libb.so"])
  })

  it("a library of another kind of CPU, or a broken one - is passed over", () => {
    using folder = new TemporaryFolder()
    const at = libraries(folder, {
      "provider.so": { needed: ["liba.so", "libb.so"], machine: 62 },
      "deep/liba.so": { machine: 183 },
    })
    folder.write("libb.so", "\x7fELF\x02\x01 and no more")
    expect(missingLibraries(at("provider.so"), { ...nowhere, first: [folder.path, at("deep")] })).toEqual([
      "liba.so",
      "libb.so",
    ])
  })

  it("a file that is no library, or not there - nothing", () => {
    using folder = new TemporaryFolder()
    folder.write("text.so", "text")
    expect(missingLibraries(join(folder.path, "text.so"), nowhere)).toEqual([])
    expect(missingLibraries(join(folder.path, "none.so"), nowhere)).toEqual([])
  })

  it.runIf(process.platform === "linux")("Node itself - lacks nothing on the machine that it runs on", () => {
    expect(readElfDynamic(process.execPath)?.needed.length).toBeGreaterThan(0)
    expect(missingLibraries(process.execPath)).toEqual([])
  })
})

describe("readLoaderCache()", () => {
  it("a table after an older one - its paths by name", () => {
    using folder = new TemporaryFolder()
    const texts = "libone.so\0/first/libone.so\0/second/libone.so\0"
    const header = Buffer.alloc(48)
    header.write("glibc-ld.so.cache1.1")
    header.writeUInt32LE(2, 20)
    const textsAt = 48 + 2 * 24
    const entries = [10, 27].map(path => {
      const entry = Buffer.alloc(24)
      entry.writeUInt32LE(textsAt, 4)
      entry.writeUInt32LE(textsAt + path, 8)
      return entry
    })
    folder.write("cache", Buffer.concat([Buffer.from("ld.so-1.7.0\0old"), header, ...entries, Buffer.from(texts)]))
    expect(readLoaderCache(join(folder.path, "cache"))).toEqual(
      new Map([["libone.so", ["/first/libone.so", "/second/libone.so"]]]),
    )
  })

  it("a file that is cut off, or not there - what could be read", () => {
    using folder = new TemporaryFolder()
    folder.write("cache", "glibc-ld.so.cache1.1\x09\0\0\0")
    expect(readLoaderCache(join(folder.path, "cache"))).toEqual(new Map())
    expect(readLoaderCache(join(folder.path, "none"))).toEqual(new Map())
  })
})
