import { once } from "node:events"
import type { Readable } from "node:stream"
import { describe, expect, it } from "vitest"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { runValence, startValence } from "../run-valence.ts"

describe("valence classify", () => {
  it("prints a table of labels and scores", async () => {
    using folder = new TemporaryFolder()
    const { code, stdout } = await runValence(folder.path, "classify", "I love it", "awful")
    expect(stdout).toMatch(/│ POSITIVE │ 0\.9\d\d\d │ I love it │/)
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

  it("more texts than fit into a table - a line for each, in order", async () => {
    using folder = new TemporaryFolder()
    const texts = Array.from({ length: 2500 }, (_, at) => (at % 2 === 0 ? `good\n${at}` : `bad ${at}`))
    const { code, stdout } = await runValence(folder.path, "classify", "--model", "mvp", ...texts)
    const lines = stdout.trimEnd().split("\n")
    expect(code).toBe(0)
    expect(lines).toHaveLength(2500)
    expect(lines[0]).toMatch(/^POSITIVE .* good 0$/)
    expect(lines[2499]).toMatch(/^NEGATIVE .* bad 2499$/)
  })

  it("a text in a script that the model never saw - a warning, once", async () => {
    using folder = new TemporaryFolder()
    const { code, stdout, stderr } = await runValence(
      folder.path,
      "classify",
      "--json",
      "最高です",
      "最高だ",
      "I love it",
    )
    expect(code).toBe(0)
    expect(stderr).toBe(
      'warning: sentiment-small hardly knows the characters or the language of "最高です": such labels mean little; --json marks them as unfamiliar\n',
    )
    const marks = stdout
      .trim()
      .split("\n")
      .map(line => JSON.parse(line).unfamiliar)
    expect(marks).toEqual([true, true, undefined])
  })

  it("--top-k all - lists all scores", async () => {
    using folder = new TemporaryFolder()
    const { stdout } = await runValence(folder.path, "classify", "I love it", "--top-k", "all")
    expect(stdout).toMatch(/POSITIVE 0\.9\d\d\d.*\n.*NEGATIVE 0\.0\d\d\d/)
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

  it("standard input - a line for each line, as they come", async () => {
    using folder = new TemporaryFolder()
    const { child, ended } = startValence(folder.path, "classify", "--model", "mvp")
    child.stdin?.write("great\n")
    const [first] = await once(child.stdout as Readable, "data")
    expect(String(first)).toMatch(/^POSITIVE +\d\.\d{4} +great +great\n$/)
    child.stdin?.end("bad\n")
    expect(await ended).toMatchObject({ code: 0, stderr: "" })
  })

  it("100,000 lines of standard input - all of them", async () => {
    using folder = new TemporaryFolder()
    const { child, ended } = startValence(folder.path, "classify", "--model", "mvp")
    child.stdin?.end("good film\n".repeat(100_000))
    const { code, stdout } = await ended
    expect(stdout.split("\n")).toHaveLength(100_001)
    expect(code).toBe(0)
  })

  it("Ctrl-C while it reads - exit code 130", async () => {
    using folder = new TemporaryFolder()
    const { child, ended } = startValence(folder.path, "classify", "--model", "mvp")
    child.stdin?.write("great\n")
    await once(child.stdout as Readable, "data")
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ code: 130, stderr: "" })
  })

  it("a reader that has seen enough - ends without a message", async () => {
    using folder = new TemporaryFolder()
    const { child, ended } = startValence(folder.path, "classify", "--model", "mvp")
    child.stdin?.on("error", () => {})
    child.stdin?.end("good film\n".repeat(100_000))
    await once(child.stdout as Readable, "data")
    child.stdout?.destroy()
    expect(await ended).toMatchObject({ code: 2, stderr: "" })
  })

  it("UTF-16, CR and other encodings of standard input - as valence label reads them", async () => {
    using folder = new TemporaryFolder()
    const classify = async (bytes: Buffer, ...flags: string[]) => {
      const { child, ended } = startValence(folder.path, "classify", "--json", "--model", "mvp", ...flags)
      child.stdin?.end(bytes)
      const { stdout, ...end } = await ended
      return { ...end, texts: stdout.split("\n").flatMap(line => (line === "" ? [] : [JSON.parse(line).text])) }
    }
    expect(await classify(Buffer.from("great\rbad\r"))).toMatchObject({ code: 0, texts: ["great", "bad"] })
    const wide = Buffer.from("great\nbad\n", "utf16le")
    expect(await classify(wide)).toMatchObject({ code: 2, stderr: expect.stringContaining("--encoding utf-16le") })
    expect(await classify(wide, "--encoding", "utf-16le")).toMatchObject({ code: 0, texts: ["great", "bad"] })
    const latin1 = Buffer.from("caf\xe9\n", "latin1")
    expect(await classify(latin1)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--encoding windows-1252"),
    })
    expect(await classify(latin1, "--encoding", "latin1")).toMatchObject({ code: 0, texts: ["café"] })
  })

  it.each([
    [["--top-k", "0"], "--top-k must be a whole number of labels"],
    [["--max-length", "9999"], "--max-length must be a whole number of tokens, 2 to 512 for sentiment-small; got 9999"],
    [
      ["--model", "nobody"],
      "--model must be a checkpoint folder, a lexicon, OWNER/NAME on the hub or one of sentiment-small",
    ],
    [["--no-such-flag"], "unknown option '--no-such-flag'\n(valence classify --help lists its options)"],
  ])("%o - exit code 2, and says why", async (words, message) => {
    using folder = new TemporaryFolder()
    const { code, stderr } = await runValence(folder.path, "classify", "text", ...words)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })
})
