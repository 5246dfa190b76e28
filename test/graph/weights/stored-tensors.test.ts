import { mkdirSync } from "node:fs"
import { copyFile, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { readStoredTensors } from "../../../src/graph/weights/stored-tensors.ts"

const sharded = "test/golden/camembert-tiny"
let folder: string
let shards: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "valence-shards-"))
  shards = (await readdir(sharded)).filter(file => file.startsWith("model"))
  for (const file of shards) await copyFile(join(sharded, file), join(folder, file))
})
afterEach(() => rm(folder, { recursive: true }))

const index = (content: unknown) =>
  writeFile(
    join(folder, "model.safetensors.index.json"),
    typeof content === "string" ? content : JSON.stringify(content),
  )
const firstShard = () => shards.filter(file => file.endsWith(".safetensors")).sort()[0] as string

describe("readStoredTensors", () => {
  it("gathers the tensors of all shards", async () => {
    expect(shards.length).toBeGreaterThan(2)
    const { file, tensors } = await readStoredTensors(folder)
    expect(file).toBe(join(folder, "model.safetensors.index.json"))
    expect(tensors.get("classifier.out_proj.weight")).toMatchObject({ shape: [3, 32] })
    expect(tensors.get("roberta.embeddings.LayerNorm.bias")?.values()).toHaveLength(32)
  })

  it("names the shard that is missing", async () => {
    await rm(join(folder, firstShard()))
    await expect(readStoredTensors(folder)).rejects.toMatchObject({
      code: "model_not_found",
      message: expect.stringContaining(
        `model.safetensors.index.json: the shard ${firstShard()} must be next to it; it is missing`,
      ),
    })
  })

  it("names the shard that is cut off", async () => {
    await truncate(join(folder, firstShard()), 20_000)
    await expect(readStoredTensors(folder)).rejects.toThrow(/-of-\d+\.safetensors: tensor .* must end within/)
  })

  it("names the tensor that its shard lacks", async () => {
    await index({ weight_map: { "no.such.tensor": firstShard() } })
    await expect(readStoredTensors(folder)).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining(`${firstShard()} must hold the tensor no.such.tensor; it does not`),
    })
  })

  it.each([
    ["{", "must hold JSON; "],
    ["null", "must hold a weight_map"],
    [{ weight_map: [] }, "must hold a weight_map"],
    [{ weight_map: {} }, "must hold a weight_map: the file of a shard for each tensor; it has none"],
    [{ weight_map: { a: 1 } }, "by its name alone; got 1 for a"],
    [{ weight_map: { a: "../secret.safetensors" } }, 'by its name alone; got "../secret.safetensors" for a'],
    [{ weight_map: { a: "/etc/secret" } }, 'by its name alone; got "/etc/secret" for a'],
  ])("refuses an index of %j", async (content, message) => {
    await index(content)
    await expect(readStoredTensors(folder)).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining(message),
    })
  })

  it("says what it wants where there are no safetensors, and why not what is there", async () => {
    const empty = join(folder, "empty")
    mkdirSync(empty)
    await expect(readStoredTensors(empty)).rejects.toThrow(
      "must hold a model.safetensors or a model.safetensors.index.json; it does not",
    )
    await writeFile(join(empty, "pytorch_model.bin"), "")
    await expect(readStoredTensors(empty)).rejects.toThrow("pytorch_model.bin is not read, as it can hold code")
  })
})
