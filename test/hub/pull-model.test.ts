import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createClassifier } from "../../src/classifier/classifier.ts"
import { pullIfMissing, pullModel } from "../../src/hub/pull-model.ts"
import type { PullProgress } from "../../src/hub/pull-progress.ts"
import { builderVersion } from "../../src/store/builder-version.ts"
import { findCached, refFile, repositoryFolder } from "../../src/store/cache.ts"
import { findModel } from "../../src/store/store.ts"
import { toBeTrue } from "../cli/run-valence.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { sharded } from "./sharded.ts"
import { TestHub, tinyFiles } from "./test-hub.ts"

const weights = "model.safetensors"
const id = "someone/tiny"
const files = tinyFiles()
const weightBytes = files[weights]?.length ?? 0

let hub: TestHub
let folder: TemporaryFolder
beforeEach(async () => {
  hub = await TestHub.start()
  folder = new TemporaryFolder()
  vi.stubEnv("HF_ENDPOINT", hub.url)
  vi.stubEnv("HF_HOME", folder.at("home"))
  vi.stubEnv("HF_TOKEN", "")
  vi.stubEnv("VALENCE_CACHE", folder.at("cache"))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Without calibration: that takes seconds, and is not what is tested here. */
const pull = (model = id, onProgress?: (progress: PullProgress) => void) =>
  pullModel({ model, dtype: "fp32", onPull: onProgress })

const cached = (revision = "main") => findCached({ id, revision })

/** The folder of what this version of the builder makes. */
const graphs = `builder-${builderVersion}`

describe("pullModel", () => {
  it("pulls what a checkpoint needs, and nothing else, and builds its graph", async () => {
    const commit = hub.put(id, { ...files, "pytorch_model.bin": Buffer.alloc(200_000), "README.md": "# tiny" })
    await pull()
    const cache = `${repositoryFolder(id)}/${commit}`
    expect(readdirSync(cache).sort()).toEqual([graphs, "hub.json", ...Object.keys(files)].sort())
    for (const [name, content] of Object.entries(files))
      expect(readFileSync(`${cache}/${name}`).equals(content)).toBe(true)
    expect(readdirSync(`${cache}/${graphs}`)).toEqual(["model.fp32.onnx"])
    expect(readdirSync(repositoryFolder(id)).sort()).toEqual([commit, "refs"])
    expect(hub.asked.map(({ path }) => path).filter(path => /bin|README/.test(path))).toEqual([])
    expect(JSON.parse(readFileSync(`${cache}/hub.json`, "utf8"))).toMatchObject({ id, commit, licence: "mit" })
  })

  it("again - asks which commit it is, and pulls nothing", async () => {
    hub.put(id, files)
    await pull()
    hub.asked.length = 0
    await pull()
    expect(hub.asked.map(({ path }) => path.split("/").at(-2))).toEqual(["revision", "tree"])
  })

  it("a branch that moved - a new entry, that the name means from now on; the old one stays", async () => {
    const old = hub.put(id, files)
    await pull()
    const moved = hub.put(id, { ...files, "tokenizer_config.json": "{}" })
    await pull()
    expect(await cached()).toBe(`${repositoryFolder(id)}/${moved}`)
    expect(await cached(old)).toBe(`${repositoryFolder(id)}/${old}`)
  })

  it("a tag, a commit, and a branch with a slash - are pulled as such", async () => {
    const commit = hub.put(id, files, { revision: "refs/pr/1" })
    await pull(`${id}@refs/pr/1`)
    await pull(`${id}@${commit}`)
    expect(await cached("refs/pr/1")).toBe(`${repositoryFolder(id)}/${commit}`)
    expect(await cached()).toBeUndefined()
  })

  it("weights in several files - are all pulled, and give the graph of one file", async () => {
    hub.put(id, files)
    await pull()
    const whole = await findModel(id, "fp32")
    hub.put("someone/sharded", { ...sharded(files), "model-00003-of-00003.safetensors": "not named by the index" })
    await pull("someone/sharded")
    const built = await findModel("someone/sharded", "fp32")
    expect(readFileSync(built.graph).equals(readFileSync(whole.graph))).toBe(true)
    expect(readdirSync(built.folder).filter(name => name.startsWith("model"))).toEqual([
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "model.safetensors.index.json",
    ])
  })

  it("tells how far it is", async () => {
    hub.put(id, files)
    const told: PullProgress[] = []
    await pull(id, progress => told.push(progress))
    const total = Object.values(files).reduce((sum, { length }) => sum + length, 0)
    expect(told.at(-2)).toEqual({ step: "downloading", file: weights, bytes: total, totalBytes: total })
    expect(told.at(-1)).toEqual({ step: "building", dtype: "fp32" })
  })
})

/** Cuts the weights' connection whenever 1 MB more of them are on the disk. */
function interruptWeights(commit: string, times: number, onCut = () => {}) {
  const part = `${repositoryFolder(id)}/${commit}.partial/${weights}.part`
  const before = async (position: number) => {
    await toBeTrue(() => (statSync(part, { throwIfNoEntry: false })?.size ?? 0) >= position)
    onCut()
  }
  hub.interrupt = { file: weights, afterBytes: 1_000_000, times, before }
}

/** The ranges of the weights that were asked for, in order. */
const ranges = () =>
  hub.asked.filter(({ path, host }) => path.endsWith(weights) && host === "store").map(({ range }) => range)

describe("pullModel, interrupted", () => {
  it("a connection that breaks - goes on behind what came", async () => {
    interruptWeights(hub.put(id, files), 2)
    await pull()
    expect(ranges()).toEqual([undefined, "bytes=1000000-", "bytes=2000000-"])
    expect(hub.bytesSent(weights)).toBe(weightBytes)
  })

  it("a pull that was given up - the next one asks for the missing bytes alone", async () => {
    interruptWeights(hub.put(id, files), 1, () => {
      hub.status = 403
    })
    await expect(pull()).rejects.toMatchObject({ code: "hub_denied" })
    hub.status = undefined
    await pull()
    expect(ranges()).toEqual([undefined, "bytes=1000000-"])
    expect(hub.bytesSent(weights)).toBe(weightBytes)
  })

  it("a server that sends a file from its beginning - it is taken from there", async () => {
    interruptWeights(hub.put(id, files), 1)
    hub.ignoresRange = true
    await pull()
    expect(await cached()).toBeDefined()
  })

  it("other bytes than the hub lists - nothing is cached, and nothing is left of them", async () => {
    const commit = hub.put(id, files)
    hub.corrupt = weights
    await expect(pull()).rejects.toMatchObject({
      code: "hub_failed",
      message: expect.stringMatching(
        /^model someone\/tiny: model\.safetensors must have sha256 \w+; it has \w+; it was thrown away/,
      ),
    })
    expect(await cached()).toBeUndefined()
    expect(readdirSync(`${repositoryFolder(id)}/${commit}.partial`)).not.toContain(`${weights}.part`)
    hub.corrupt = undefined
    await pull()
  })

  it("other bytes of a small file - are found by git's checksum", async () => {
    hub.put(id, files)
    hub.corrupt = "config.json"
    await expect(pull()).rejects.toThrow(/config\.json must have sha1 \w{40}; it has \w{40}/)
  })

  it("two at once - one pulls, the other waits for it", async () => {
    hub.put(id, files)
    const told: PullProgress[] = []
    let waits = () => {}
    const waiting = new Promise<void>(resolve => {
      waits = resolve
    })
    hub.onFile = () => waiting
    await Promise.all(
      [1, 2].map(() =>
        pull(id, progress => {
          told.push(progress)
          if (progress.step === "waiting") waits()
        }),
      ),
    )
    expect(hub.bytesSent(weights)).toBe(weightBytes)
    expect(told.filter(({ step }) => step === "building")).toHaveLength(1)
  })
})

describe("pullModel, refused", () => {
  it("the token goes to the hub, and not to the host that it redirects to", async () => {
    hub.put(id, files)
    hub.token = "hf_secret"
    vi.stubEnv("HF_TOKEN", "hf_secret")
    await pull()
    const sent = (host: string) => [
      ...new Set(hub.asked.filter(asked => asked.host === host).map(asked => asked.authorization)),
    ]
    expect(sent("hub")).toEqual(["Bearer hf_secret"])
    expect(sent("store")).toEqual([undefined])
  })

  it("the token that hf auth login left - is sent", async () => {
    hub.put(id, files)
    hub.token = "hf_saved"
    folder.write("home/token", "hf_saved\n")
    await pull()
  })

  it.each([
    [401, "", "hub_denied", /must be public, if it exists, or a token be given in HF_TOKEN or by hf auth login/],
    [401, "hf_old", "hub_denied", /refused the token \(HF_TOKEN, or that of hf auth login\)/],
    [403, "hf_mine", "hub_denied", /is gated, or not for your token: accept its terms on http/],
    [404, "", "model_not_found", /model someone\/tiny must be on the hub; it is not at http.*HTTP 404/],
  ])("HTTP %s with token %o - %s", async (status, token, code, message) => {
    hub.put(id, files)
    hub.status = status
    vi.stubEnv("HF_TOKEN", token)
    const error = await pull().catch(error => error)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(error.message).not.toContain("hf_")
  })

  it("a repository and a revision that are not there - model_not_found", async () => {
    hub.put(id, files)
    await expect(pull("someone/else")).rejects.toMatchObject({ code: "model_not_found" })
    expect(existsSync(folder.at("cache/models/someone"))).toBe(false)
    await expect(pull(`${id}@v9`)).rejects.toThrow("model someone/tiny@v9 must be on the hub; it is not at")
  })

  it("a repository of pickles - names what it has, and pulls none", async () => {
    const { [weights]: _, ...rest } = files
    hub.put(id, { ...rest, "pytorch_model.bin": Buffer.alloc(200_000) })
    await expect(pull()).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringMatching(
        /must have a model\.safetensors, because .* pickles .*; it has config\.json, .*, pytorch_model\.bin/,
      ),
    })
    expect(hub.asked.map(({ path }) => path.split("/").at(-2))).toEqual(["revision", "tree"])
  })

  it("an architecture that cannot be built - says so before the weights are pulled", async () => {
    const config = JSON.stringify({ ...JSON.parse(String(files["config.json"])), architectures: ["GPT2LMHeadModel"] })
    hub.put(id, { ...files, "config.json": config })
    await expect(pull()).rejects.toThrow(/model someone\/tiny: config\.json: architectures must be/)
    expect(hub.bytesSent(weights)).toBe(0)
  })

  it("an index that names a file elsewhere - model_invalid", async () => {
    const index = JSON.stringify({ weight_map: { a: "../../evil.safetensors" } })
    const { [weights]: _, ...rest } = files
    hub.put(id, { ...rest, "model.safetensors.index.json": index })
    await expect(pull()).rejects.toThrow(/by its name alone; got "..\/..\/evil.safetensors"/)
  })

  it.skipIf(!existsSync("/proc/self"))("a cache that cannot be made - output_failed, and does not hang", async () => {
    vi.stubEnv("VALENCE_CACHE", "/proc/nowhere")
    await expect(pull()).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringMatching(/; \/proc\/nowhere\/models\/someone\/tiny cannot: .*; VALENCE_CACHE names/),
    })
  })

  it("a cache that is no folder - output_failed, and which variable names another", async () => {
    writeFileSync(folder.at("cache"), "")
    await expect(pull()).rejects.toMatchObject({
      code: "output_failed",
      message: expect.stringContaining("VALENCE_CACHE names another cache"),
    })
  })

  it.each(["tiny", "a/b/c", "../tiny", "a/b@", ""])("%o - is no name of the hub", async name => {
    await expect(pullModel({ model: name })).rejects.toThrow(
      "model must be a name of the hub, OWNER/NAME or OWNER/NAME@REVISION; got",
    )
  })
})

describe("pullIfMissing", () => {
  it("what is cached and built - asks nobody", async () => {
    hub.put(id, files)
    await pull()
    hub.asked.length = 0
    await pullIfMissing({ model: id, dtype: "fp32", offline: false })
    expect(hub.asked).toEqual([])
  })

  it("offline - builds what is cached, and refuses what is not", async () => {
    hub.put(id, files)
    await pull()
    hub.asked.length = 0
    const { graph } = await findModel(id, "fp32")
    rmSync(graph)
    await pullIfMissing({ model: id, dtype: "fp32", offline: true })
    expect(existsSync(graph)).toBe(true)
    await expect(pullIfMissing({ model: `${id}@v1`, dtype: "fp32", offline: true })).rejects.toMatchObject({
      code: "model_not_found",
      message: expect.stringContaining("model someone/tiny@v1 is not in the cache, the hub may not be used"),
    })
    expect(hub.asked).toEqual([])
  })

  it("HF_HUB_OFFLINE=1 - as offline", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    await expect(pullIfMissing({ model: id, dtype: "fp32", offline: false })).rejects.toThrow("HF_HUB_OFFLINE")
    expect(existsSync(refFile({ id, revision: "main" }))).toBe(false)
  })
})

describe("createClassifier", () => {
  it("a model of the hub - is pulled on first use, and goes by its name", async () => {
    hub.put(id, files)
    const classifier = await createClassifier({ model: id, dtype: "fp32", device: "cpu:1" })
    expect(classifier.model).toMatchObject({ name: id, dtype: "fp32", labels: ["negative", "neutral", "positive"] })
    await classifier.close()
  })
})
