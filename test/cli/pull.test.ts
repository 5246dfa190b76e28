import { mkdirSync, readdirSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { TestHub, tinyFiles } from "../hub/test-hub.ts"
import { runValenceIn } from "./run-valence.ts"

const id = "someone/tiny"
const models = ".cache/valence/models"

let hub: TestHub
let folder: TemporaryFolder
beforeEach(async () => {
  hub = await TestHub.start()
  folder = new TemporaryFolder()
})
afterEach(async () => {
  await hub[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const run = (...words: string[]) => runValenceIn({ HF_ENDPOINT: hub.url }, folder.path, ...words)
const pull = (name = id) => run("models", "pull", name, "--dtype", "fp32")

describe("valence models", () => {
  it("pull, list, show, verify, rm - through the life of a model", async () => {
    const commit = hub.put(id, tinyFiles())
    const pulled = await pull()
    expect(pulled).toMatchObject({ code: 0, stdout: expect.stringMatching(/licence +│ mit/) })
    expect(pulled.stderr).toBe(
      [
        "someone/tiny: pulling config.json, 4.7 MB in all",
        ...["tokenizer.json", "tokenizer_config.json", "model.safetensors"].map(
          file => `someone/tiny: pulling ${file}, 4.7 MB in all`,
        ),
        "someone/tiny: building the fp32 graph, once; it may take minutes\n",
      ].join("\n"),
    )
    const listed = await run("models", "list", "--json")
    const lines = listed.stdout
      .trim()
      .split("\n")
      .map(line => JSON.parse(line))
    expect(lines).toContainEqual(
      expect.objectContaining({
        name: id,
        kind: "cached",
        commit,
        revisions: ["main"],
        dtypes: ["fp32"],
        licence: "mit",
      }),
    )
    expect((await run("models", "list")).stdout).toMatch(
      /someone\/tiny +│ cached +│ negative, neutral, positive +│ 128 +│ fp32/,
    )
    const shown = await run("models", "show", id, "--json")
    expect(JSON.parse(shown.stdout)).toMatchObject({ family: "distilbert", maxLength: 128, revisions: ["main"] })
    const verified = await run("models", "verify", id, "--dtype", "fp32")
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("the files are those of the hub") })
    const removed = await run("models", "rm", id, "--yes")
    expect(removed).toMatchObject({ code: 0, stdout: "removed someone/tiny@main\n" })
    expect(readdirSync(folder.at(models))).toEqual([])
  })

  it("verify - exit code 1 where a file has other bytes", async () => {
    const commit = hub.put(id, tinyFiles())
    await pull()
    folder.write(`${models}/${id}/${commit}/tokenizer_config.json`, "{}")
    const { code, stdout } = await run("models", "verify", id, "--dtype", "fp32")
    expect(stdout).toMatch(
      /tokenizer_config\.json must have 71 bytes; it has 2\nremove it and pull it again: valence models rm/,
    )
    expect(code).toBe(1)
    const asJson = await run("models", "verify", id, "--dtype", "fp32", "--json")
    expect(JSON.parse(asJson.stdout)).toEqual({
      model: id,
      problems: [expect.stringMatching(/tokenizer_config\.json must have 71 bytes; it has 2$/)],
    })
    expect(asJson.code).toBe(1)
  })

  it("rm of one revision - leaves the others", async () => {
    hub.put(id, tinyFiles())
    await pull()
    hub.put(id, { ...tinyFiles(), "tokenizer_config.json": "{}" }, { revision: "v2" })
    await pull(`${id}@v2`)
    await run("models", "rm", `${id}@v2`, "--yes")
    const { stdout } = await run("models", "list", "--json")
    expect(stdout).toContain('"revisions":["main"]')
    expect(stdout).not.toContain("v2")
  })

  it.each([
    [["rm", "sentiment-small", "--yes"], "sentiment-small comes with Valence, and stays"],
    [["rm", id, "--yes"], "model must be one that was pulled; someone/tiny was not"],
    [["show", id], "model someone/tiny must be pulled first; do so with: valence models pull someone/tiny"],
    [["pull", "tiny"], 'model must be a name of the hub, OWNER/NAME or OWNER/NAME@REVISION; got "tiny"'],
    [["pull", id, "--offline"], "model someone/tiny is not in the cache, the hub may not be used"],
  ])("%o - exit code 2, and says why", async (words, message) => {
    const { code, stderr } = await run("models", ...words)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  it("rm without --yes and without a terminal - removes nothing", async () => {
    hub.put(id, tinyFiles())
    await pull()
    const { code, stderr } = await run("models", "rm", id)
    expect(stderr).toContain("models rm needs --yes if there is no terminal to ask on")
    expect(code).toBe(2)
    expect((await run("models", "list")).stdout).toContain(id)
  })
})

describe("--model OWNER/NAME", () => {
  it("classify - pulls it, and the next time asks nobody", async () => {
    hub.put(id, tinyFiles())
    const words = ["classify", "--model", id, "--dtype", "fp32", "--json", "good"]
    const first = await run(...words)
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining("pulling model.safetensors") })
    hub.asked.length = 0
    const second = await run(...words, "--offline")
    expect(second).toMatchObject({ code: 0, stderr: "", stdout: first.stdout })
    expect(hub.asked).toEqual([])
  })

  it("a folder of that name - goes first", async () => {
    mkdirSync(folder.at(id), { recursive: true })
    const { code, stderr } = await run("classify", "--model", id, "good")
    expect(stderr).toContain("model someone/tiny must hold a config.json; someone/tiny holds no model")
    expect(code).toBe(2)
    expect(hub.asked).toEqual([])
  })

  it("the name of nothing on the hub, and the folder of its owner is here - says what both hold", async () => {
    folder.write("someone/tniy/config.json", "{}")
    const { code, stderr } = await run("classify", "--model", id, "good")
    expect(stderr).toContain(
      "error: there is no someone/tiny (someone holds tniy); as a name of the hub: model someone/tiny must be on the hub; it is not at http",
    )
    expect(code).toBe(2)
  })

  it("a folder of the owner's name is here, and the hub has the model - it is pulled", async () => {
    folder.write("someone/else/config.json", "{}")
    hub.put(id, tinyFiles())
    expect(await run("classify", "--model", id, "--dtype", "fp32", "good")).toMatchObject({ code: 0 })
  })

  it("models build - pulls the checkpoint, and builds as it is told to", async () => {
    hub.put(id, tinyFiles())
    const { code, stdout } = await run("models", "build", id, "--dtype", "fp32")
    expect(stdout).toMatch(/built .*\/builder-\d+\/model\.fp32\.onnx/)
    expect(code).toBe(0)
  })
})
