import { existsSync, readdirSync, statSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { TestHub, tinyFiles } from "../hub/test-hub.ts"
import { type Running, runValenceIn, startValenceIn, toBeTrue } from "./run-valence.ts"

const id = "someone/tiny"
const models = ".cache/valence/models"
const weights = "model.safetensors"

let hub: TestHub
let folder: TemporaryFolder
let commit: string
beforeEach(async () => {
  hub = await TestHub.start()
  commit = hub.put(id, tinyFiles())
  folder = new TemporaryFolder()
  folder.write("in.csv", "text,label\ngood,positive\n")
})
afterEach(async () => {
  await hub[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const env = () => ({ HF_ENDPOINT: hub.url })
const start = (...words: string[]) => startValenceIn(env(), folder.path, ...words)

/** Sends one signal, and waits for the end. */
async function stop({ child, ended }: Running, signal: NodeJS.Signals = "SIGINT") {
  child.kill(signal)
  return ended
}

/** Returns when the command says something. */
function toSay({ child }: Running, said: string): Promise<void> {
  return new Promise(resolve => {
    child.stderr?.on("data", data => String(data).includes(said) && resolve())
  })
}

/** Lets the weights stop coming after 1 MB; returns when that much of them is on the disk. */
function holdWeights(): Promise<void> {
  hub.interrupt = { file: weights, afterBytes: 1_000_000, times: 1, before: () => new Promise(() => {}) }
  const part = folder.at(`${models}/${id}/${commit}.partial/${weights}.part`)
  return toBeTrue(() => statSync(part, { throwIfNoEntry: false })?.size === 1_000_000)
}

/** Of a model that is not whole: no commit that anybody finds, no name, and no lock. */
const expectOnlyPart = () => expect(readdirSync(folder.at(`${models}/${id}`))).toEqual([`${commit}.partial`])

const model = ["--model", id, "--dtype", "fp32", "--device", "cpu:1"]

describe("Ctrl-C while a model is pulled", () => {
  it.each([
    [130, ["models", "pull", id, "--dtype", "fp32"]],
    [130, ["models", "build", id, "--dtype", "fp32"]],
    [130, ["classify", "good", ...model]],
    [130, ["label", "in.csv", ...model]],
    [130, ["label", ".", "-o", "out", ...model]],
    [130, ["eval", "in.csv", ...model]],
    [0, ["serve", "--port", "0", ...model]],
    [0, ["work", "--port", "0", ...model]],
  ])("exit code %i, what came stays: %o", async (exitCode, words) => {
    const held = holdWeights()
    const running = start(...words)
    await held
    const { code, stderr } = await stop(running)
    expect(stderr).toContain(
      "model someone/tiny was not pulled completely, because the pull was stopped; what came is kept",
    )
    expect(code).toBe(exitCode)
    expectOnlyPart()
  })

  it("SIGTERM, and the same command again - asks for the rest alone", async () => {
    const words = ["label", "in.csv", ...model]
    const held = holdWeights()
    const running = start(...words)
    await held
    expect(await stop(running, "SIGTERM")).toMatchObject({ code: 130 })
    expect(existsSync(folder.at("in.labelled.csv"))).toBe(false)
    expect(await runValenceIn(env(), folder.path, ...words)).toMatchObject({ code: 0 })
    const ranges = hub.asked.filter(({ path, host }) => host === "store" && path.endsWith(weights))
    expect(ranges.map(({ range }) => range)).toEqual([undefined, "bytes=1000000-"])
  })

  it("a hub that does not answer - ends", async () => {
    hub.onFile = () => new Promise(() => {})
    const running = start("models", "pull", id)
    await toBeTrue(() => hub.asked.some(({ path }) => path.endsWith("config.json")))
    expect(await stop(running)).toMatchObject({ code: 130 })
  })

  it("a hub that fails, and is asked again later - ends", async () => {
    hub.status = 503
    const running = start("models", "pull", id)
    await toSay(running, "; trying again in 500 ms")
    expect(await stop(running)).toMatchObject({ code: 130 })
    expect(existsSync(folder.at(models))).toBe(true)
    expect(readdirSync(folder.at(models))).toEqual([])
  })

  it("another process is at the model - ends, and leaves that alone", async () => {
    const held = holdWeights()
    const first = start("models", "pull", id)
    await held
    const second = start("models", "pull", id)
    await toSay(second, "waiting for process")
    expect(await stop(second)).toMatchObject({ code: 130 })
    expect(existsSync(folder.at(`${models}/${id}/lock`))).toBe(true)
    await stop(first)
    expectOnlyPart()
  })

  it("while its graph is built - ends, and the checkpoint stays", async () => {
    const running = start("models", "pull", id)
    await toSay(running, "building the int8 graph")
    const { code, stderr } = await stop(running)
    expect(stderr).toContain("the pull was stopped")
    expect(code).toBe(130)
    expect(readdirSync(folder.at(`${models}/${id}`)).sort()).toEqual([commit, "refs"])
  })
})
