import { createHash } from "node:crypto"
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createClassifier } from "../../src/classifier/classifier.ts"
import { huggingFaceCache } from "../../src/hub/hugging-face-cache.ts"
import { pullIfMissing, pullModel } from "../../src/hub/pull-model.ts"
import { findCached } from "../../src/store/cache.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { TestHub, tinyFiles } from "./test-hub.ts"

const id = "someone/tiny"
const commit = "0123456789abcdef0123456789abcdef01234567"
const files = tinyFiles()

let hub: TestHub
let folder: TemporaryFolder
beforeEach(async () => {
  hub = await TestHub.start()
  folder = new TemporaryFolder()
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"])
    vi.stubEnv(name, "")
  vi.stubEnv("HF_ENDPOINT", hub.url)
  vi.stubEnv("HF_HOME", folder.at("home"))
  vi.stubEnv("VALENCE_CACHE", folder.at("cache"))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const sums = (content: Buffer) => ({
  sha256: createHash("sha256").update(content).digest("hex"),
  git: createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex"),
})

/** Lays files out as huggingface_hub does: contents by their checksums, and links to them. */
function download(
  content: Readonly<Record<string, Buffer>>,
  { cache = folder.at("home/hub"), name = id, revision = "main" } = {},
) {
  const repository = join(cache, `models--${name.replaceAll("/", "--")}`)
  mkdirSync(join(repository, "blobs"), { recursive: true })
  for (const [file, bytes] of Object.entries(content)) {
    const { sha256, git } = sums(bytes)
    const blob = join(repository, "blobs", bytes.length > 100_000 ? sha256 : git)
    writeFileSync(blob, bytes)
    const link = join(repository, "snapshots", commit, file)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(blob, link)
  }
  mkdirSync(dirname(join(repository, "refs", revision)), { recursive: true })
  writeFileSync(join(repository, "refs", revision), commit)
  return repository
}

const take = (model = id) => pullIfMissing({ model, dtype: "fp32", offline: false })

describe("huggingFaceCache", () => {
  it.each([
    [{ HF_HUB_CACHE: "/a", HF_HOME: "/b" }, "/a"],
    [{ HUGGINGFACE_HUB_CACHE: "/a", HF_HOME: "/b" }, "/a"],
    [{ HF_HOME: "/b", XDG_CACHE_HOME: "/c" }, "/b/hub"],
    [{ XDG_CACHE_HOME: "/c" }, "/c/huggingface/hub"],
  ])("%o - %s", (env, expected) => {
    expect(huggingFaceCache(env)).toBe(expected)
  })
})

describe("pullIfMissing, of what Hugging Face's libraries have", () => {
  it("a whole snapshot - is used without a request, as links to the same content", async () => {
    const repository = download(files)
    await take()
    expect(hub.asked).toEqual([])
    const cached = await findCached({ id, revision: "main" })
    expect(cached).toBe(join(folder.at("cache/models"), id, commit))
    const { sha256 } = sums(files["model.safetensors"] ?? Buffer.alloc(0))
    expect(statSync(`${cached}/model.safetensors`).ino).toBe(statSync(`${repository}/blobs/${sha256}`).ino)
  })

  it.each([
    ["HF_HUB_CACHE", "elsewhere"],
    ["HUGGINGFACE_HUB_CACHE", "elsewhere"],
    ["HF_HOME", "elsewhere/hub"],
  ])("%s - names the cache", async (variable, at) => {
    vi.stubEnv(variable, folder.at("elsewhere"))
    download(files, { cache: folder.at(at) })
    await take()
    expect(hub.asked).toEqual([])
  })

  it.each(["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])("%s=1 - is used, and labels", async variable => {
    vi.stubEnv(variable, "1")
    download(files)
    const classifier = await createClassifier({ model: id, dtype: "fp32", device: "cpu:1" })
    expect(classifier.model.name).toBe(id)
    await classifier.close()
    expect(hub.asked).toEqual([])
  })

  it("a tag, and a commit - are found as such", async () => {
    download(files, { revision: "refs/pr/1" })
    await take(`${id}@refs/pr/1`)
    await take(`${id}@${commit}`)
    expect(hub.asked).toEqual([])
  })

  it("a model from before there were owners - is found under its old name", async () => {
    const old = "distilbert-base-uncased-finetuned-sst-2-english"
    download(files, { name: old })
    await take(old)
    expect(await findCached({ id: `distilbert/${old}`, revision: "main" })).toBeDefined()
    expect(hub.asked).toEqual([])
  })

  it("a snapshot without links, as on Windows - is used", async () => {
    const snapshot = `home/hub/models--someone--tiny/snapshots/${commit}`
    for (const [name, content] of Object.entries(files)) folder.write(`${snapshot}/${name}`, content)
    folder.write("home/hub/models--someone--tiny/refs/main", commit)
    await take()
    expect(hub.asked).toEqual([])
  })

  it("a snapshot that lacks the weights - the rest is taken, and the weights are downloaded", async () => {
    const { "model.safetensors": weights = Buffer.alloc(0), ...rest } = files
    download(rest)
    hub.put(id, files)
    await take()
    const sent = hub.asked.filter(({ bytes }) => bytes > 0).map(({ path }) => path.split("/").at(-1))
    expect(sent).toEqual(["model.safetensors"])
    expect(hub.bytesSent("model.safetensors")).toBe(weights.length)
  })

  it("a snapshot that lacks the weights, offline - says what is missing, and leaves nothing", async () => {
    const { "model.safetensors": _, ...rest } = files
    download(rest)
    await expect(pullIfMissing({ model: id, dtype: "fp32", offline: true })).rejects.toThrow(
      "model someone/tiny must have a model.safetensors, or an ONNX file such as onnx/model.onnx; it has config.json",
    )
    expect(folder.names()).toEqual(["home"].concat(["cache"]).sort())
    expect(hub.asked).toEqual([])
  })

  it("content that is not what its name says - is downloaded instead, and left as it is", async () => {
    const repository = download(files)
    const { sha256 } = sums(files["model.safetensors"] ?? Buffer.alloc(0))
    const blob = `${repository}/blobs/${sha256}`
    const damaged = Buffer.from(readFileSync(blob))
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
    rmSync(blob)
    writeFileSync(blob, damaged)
    chmodSync(blob, 0o444)
    await expect(pullIfMissing({ model: id, dtype: "fp32", offline: true })).rejects.toThrow(
      /model\.safetensors must have the checksum that its link names; it has another, or is cut off/,
    )
    hub.put(id, files)
    await take()
    expect(hub.bytesSent("model.safetensors")).toBe(damaged.length)
    expect(readFileSync(blob).equals(damaged)).toBe(true)
  })

  it("pullModel - asks what the commit is, and downloads nothing that is there", async () => {
    download(files)
    hub.put(id, files)
    await pullModel({ model: id, dtype: "fp32" })
    expect(hub.asked.map(({ path }) => path.split("/").at(-2))).toEqual(["revision", "tree"])
  })

  it("nothing there, offline - names both caches", async () => {
    await expect(pullIfMissing({ model: id, dtype: "fp32", offline: true })).rejects.toThrow(
      /is not in the cache, the hub may not be used .* and Hugging Face's cache, .*home\/hub, does not have it either/,
    )
  })
})
