/**
 * Rows a second of `POST /v1/corpus`, through `valence serve` that labels in its own process, against `valence label` of
 * the same file with --no-dedup, and the server's memory meanwhile:
 *
 *   npm run bench http-corpus -- [--rows 200000] [--texts FILE] [--model afinn-111]
 *
 * The server has begun; `valence label` is measured from its start to its end. Both must give the same bytes.
 */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { readFlags } from "../../test/read-flags.ts"
import { runLabel } from "../corpus/run-label.ts"
import { writeCorpus } from "../corpus/write-corpus.ts"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  median,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  quantile,
  ratioOf,
  showCount,
  textsFor,
} from "../harness.ts"
import { memoryOf, type PostedCorpus, postCorpus } from "./post-corpus.ts"
import { BenchServer } from "./start-serve.ts"

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    rows: { type: "string", default: "200000" },
    model: { type: "string", default: "sentiment-small" },
  },
})
const rows = Number(flags.rows)
const model = ["--model", flags.model]

const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
try {
  const input = join(folder, "corpus.csv")
  await writeCorpus(input, rows, "csv", await textsFor(Math.min(rows, 200_000), flags.texts))
  await using server = await BenchServer.valence(...model)
  const pid = server.child.pid as number
  printHead(`POST /v1/corpus against valence label, ${showCount(rows)} rows of CSV a round, ${flags.model}`, {
    texts: flags.texts ?? "generated",
  })
  const idleMiB = memoryOf(pid, "VmRSS")
  const posted: PostedCorpus[] = []
  const contestants = {
    async overHttp() {
      const run = await postCorpus(server.url, input, rows, pid)
      posted.push(run)
      return rows / run.seconds
    },
    command: async () => rows / (await runLabel(input, [...model, "--no-dedup"])).seconds,
  }
  const rounds = await interleave(contestants, { ...patienceOf(flags, 3), warmUpRounds: 0 })
  const hash = createHash("sha256")
  await pipeline(createReadStream(join(folder, "corpus.labelled.csv")), hash)
  const sha256 = hash.digest("hex")
  if (posted.some(run => run.sha256 !== sha256)) throw new Error("both must give the same bytes; they differ")

  const { overHttp, command } = rounds.figures
  printTable(["rows/s", "median", "min", "max"], figureRows({ "POST /v1/corpus": overHttp, "valence label": command }))
  const ratio = ratioOf(overHttp, command)
  printBar("POST /v1/corpus / valence label", ratio.median, ">=", 0.85, describeRatio(ratio))
  const thirds = [0, 1, 2].map(third => posted.map(run => run.thirdsMiB[third] as number))
  printTable(
    ["the server's memory, MiB", "median", "min", "max"],
    thirds.map((each, third) => [
      `third ${third + 1} of a run`,
      ...[0.5, 0, 1].map(at => quantile(each, at).toFixed(0)),
    ]),
  )
  const growth = median(thirds[2] ?? []) / median(thirds[0] ?? [])
  printBar("last third / first third", growth, "<=", 1.3, growth.toFixed(2))
  const peakMiB = memoryOf(pid, "VmHWM")
  console.log(`peak of the server ${peakMiB.toFixed(0)} MiB; before the first run it had ${idleMiB.toFixed(0)} MiB`)
  printEnd({ bench: "http-corpus", rows, ratio, posted, peakMiB, idleMiB }, rounds, flags.json)
} finally {
  await rm(folder, { recursive: true })
}
