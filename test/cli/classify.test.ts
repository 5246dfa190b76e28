import { describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { runValence, startValence } from "./run-valence.ts"

describe("valence classify", () => {
  it("prints a table of labels and scores", async () => {
    using folder = new TemporaryFolder()
    const { code, stdout } = await runValence(folder.path, "classify", "I love it", "awful")
    expect(stdout).toMatch(/│ POSITIVE │ 0\.99\d\d │ I love it │/)
    expect(stdout).toMatch(/│ NEGATIVE │ 0\.9\d\d\d │ awful {5}│/)
    expect(stdout).not.toContain("words")
    expect(code).toBe(0)
  })

  it("leaves nothing in the user's home: ONNX Runtime keeps no record of its sessions", async () => {
    using folder = new TemporaryFolder()
    await runValence(folder.path, "classify", "I love it")
    expect(folder.names()).toEqual([])
  })

  it("--device auto - says why it is the CPU, once, where there is no GPU", async () => {
    using folder = new TemporaryFolder()
    const { code, stdout, stderr } = await runValence(folder.path, "classify", "I love it", "--device", "auto")
    if (stderr !== "") expect(stderr).toMatch(/^device auto is cpu here: .*\n$/)
    expect(stdout).toContain("POSITIVE")
    expect(code).toBe(0)
  })

  it("--no-tune - takes the defaults", async () => {
    using folder = new TemporaryFolder()
    expect(await runValence(folder.path, "classify", "I love it", "--no-tune")).toMatchObject({ code: 0, stderr: "" })
  })

  it("--top-k all - lists all scores", async () => {
    using folder = new TemporaryFolder()
    const { stdout } = await runValence(folder.path, "classify", "I love it", "--top-k", "all")
    expect(stdout).toMatch(/POSITIVE 0\.99\d\d.*\n.*NEGATIVE 0\.00\d\d/)
  })

  it("--long-text - windows, or an error for a text that is too long", async () => {
    using folder = new TemporaryFolder()
    const text = `${"good ".repeat(30)}`
    const classify = (...flags: string[]) =>
      runValence(folder.path, "classify", "--json", text, "--max-length", "16", ...flags)
    const windows = await classify("--long-text", "windows", "--stride", "4", "--pooling", "mean")
    expect(JSON.parse(windows.stdout)).toMatchObject({ tokens: 32, truncated: false, windows: 3 })
    expect(windows.code).toBe(0)
    const refused = await classify("--long-text", "error")
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "text_too_long" } })
    expect(refused.code).toBe(1)
  })

  it("--model mvp - shows the words that matched", async () => {
    using folder = new TemporaryFolder()
    const { stdout } = await runValence(folder.path, "classify", "--model", "mvp", "I love this great film", "A chair")
    expect(stdout).toMatch(/│ POSITIVE │ .* │ love, great │ I love this great film │/)
    expect(stdout).toMatch(/│ NEUTRAL +│ 0\.0000 │ +│ A chair/)
  })

  it("--json - prints an object for each line of standard input", async () => {
    using folder = new TemporaryFolder()
    const { child, ended } = startValence(folder.path, "classify", "--json", "--model", "mvp")
    child.stdin?.end("great\r\n\nbad\n")
    const { code, stdout } = await ended
    const results = stdout
      .trimEnd()
      .split("\n")
      .map(line => JSON.parse(line))
    expect(results.map(({ text, label, error }) => [text, label ?? error.code])).toEqual([
      ["great", "POSITIVE"],
      ["", "text_empty"],
      ["bad", "NEGATIVE"],
    ])
    expect(code).toBe(1)
  })

  it.each([
    [["--top-k", "0"], "--top-k must be a whole number of labels"],
    [["--max-length", "9999"], "maxLength must be a whole number of tokens, 2 to 512 for sst2-small; got 9999"],
    [["--model", "nobody"], "model must be a checkpoint folder, a lexicon, OWNER/NAME on the hub or one of sst2-small"],
    [["--no-such-flag"], "unknown option '--no-such-flag'"],
  ])("%o - exit code 2, and says why", async (words, message) => {
    using folder = new TemporaryFolder()
    const { code, stderr } = await runValence(folder.path, "classify", "text", ...words)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })
})
