import { existsSync, statSync } from "node:fs"
import { gzipSync } from "node:zlib"
import fc from "fast-check"
import { parquetWriteBuffer } from "hyparquet-writer"
import { describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { runValence, startValence, toBeTrue } from "./run-valence.ts"

const kills = 14
const rowCount = 20_000

/** Rows of all sorts, some of them unreadable. */
function corpus(): string {
  const kinds = ["I love it", '"Dull,\ndull, ""dull"""', "Is it okay?", "A table", "ragged,row"]
  const lines = Array.from({ length: rowCount }, (_, row) => `${row},${kinds[row % 5]}\n`)
  return `id,text\n${lines.join("")}`
}

const texts = ["I love it", "Dull, dull", null, "Is it okay?", "A table"]

/** A Parquet file of several row groups; some of its texts are null, which is no error. */
function parquet(): Uint8Array {
  const rows = Array.from({ length: rowCount }, (_, row) => row)
  const columnData = [
    { name: "id", data: rows, type: "INT32" as const },
    { name: "text", data: rows.map(row => texts[row % 5]), type: "STRING" as const },
  ]
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 7001 }))
}

/** The corpus as the file that has such a name. */
function inputOf(name: string): string | Uint8Array {
  if (name.endsWith(".parquet")) return parquet()
  return name.endsWith(".gz") ? gzipSync(corpus()) : corpus()
}

const bytesOf = (path: string) => (existsSync(path) ? statSync(path).size : 0)

describe("valence label", () => {
  it.each([
    ["in.csv", "out.csv"],
    ["in.csv.gz", "out.jsonl.gz"],
    ["in.parquet", "out.parquet"],
    ["in.parquet", "out.csv.zst"],
    ["in.csv", "out.parquet"],
  ])("%s to %s, killed again and again - the bytes of one go, exit code of one go", async (input, output) => {
    using folder = new TemporaryFolder()
    folder.write(input, inputOf(input))
    const options = ["--model", "mvp", "--chunk-texts", "64", "--checkpoint-ms", "5"]
    const { code } = await runValence(folder.path, "label", input, "-o", `whole-${output}`, ...options)
    expect(code).toBe(input.endsWith(".parquet") ? 0 : 1)
    // Until a Parquet file is written, its rows grow beside it.
    const isParquet = output.endsWith(".parquet")
    const growing = folder.at(isParquet ? `${output}.rows` : output)
    const whole = isParquet ? rowCount * 18 : bytesOf(folder.at(`whole-${output}`))

    // Moments are places in the output that a run gets to, and some time behind that; every fourth is a time alone.
    const moments = fc.sample(fc.tuple(fc.integer({ min: 1, max: whole - 1 }), fc.nat(30), fc.nat(400)), {
      seed: 20_26,
      numRuns: kills,
    })
    let hits = 0
    for (const [index, [place, laterMs, afterMs]] of moments.sort(([a], [b]) => a - b).entries()) {
      const { child, ended } = startValence(folder.path, "label", input, "-o", output, ...options)
      if (index % 4 !== 0) await toBeTrue(() => bytesOf(growing) >= place || child.exitCode !== null)
      await new Promise(resolve => setTimeout(resolve, index % 4 === 0 ? afterMs : laterMs))
      child.kill("SIGKILL")
      if ((await ended).signal === "SIGKILL") hits++
    }
    expect(hits).toBeGreaterThan(kills / 2)

    expect(await runValence(folder.path, "label", input, "-o", output, ...options)).toMatchObject({ code })
    const files = folder.names().filter(name => name.startsWith("whole-") && !name.includes(".lock."))
    expect(folder.names().filter(name => name.startsWith("out") && !name.includes(".lock."))).toEqual(
      files.map(name => name.slice("whole-".length)),
    )
    for (const name of files.filter(name => !name.endsWith(".manifest.json")))
      expect(folder.bytes(name.slice("whole-".length)).equals(folder.bytes(name)), name).toBe(true)
  })
})
