import { execFileSync } from "node:child_process"
import { describe, expect, it } from "vitest"
import { corpusCommand, labelCommand } from "../../../src/http/page/curl.js"

/** The words that a shell makes of a command. */
function wordsOf(command: string): string[] {
  const script = `curl() { for word; do printf '%s\\0' "$word"; done; }; ${command}`
  const output = execFileSync("sh", ["-c", script], { env: { VALENCE_API_KEY: "secret" }, encoding: "utf8" })
  return output.split("\0").slice(0, -1)
}

describe("labelCommand", () => {
  it("any text - reaches curl as it is", () => {
    const body = { text: `it's "so" $HOME \`id\` \\n !! \n good; rm -rf` }
    expect(wordsOf(labelCommand("http://here/", body, false))).toEqual([
      "http://here/v1/label",
      "-H",
      "content-type: application/json",
      "-d",
      JSON.stringify(body),
    ])
  })

  it("a server that asks for a key - takes the shell's", () => {
    expect(wordsOf(labelCommand("http://here/", {}, true))).toContain("authorization: Bearer secret")
  })
})

describe("corpusCommand", () => {
  it("any name of a file - streams it", () => {
    const file = { name: "it's; $(id).csv", type: "text/csv", query: "?column=a&b" }
    expect(wordsOf(corpusCommand("http://here/", file, false))).toEqual([
      "http://here/v1/corpus?column=a&b",
      "-H",
      "content-type: text/csv",
      "-X",
      "POST",
      "-T",
      file.name,
    ])
  })
})
