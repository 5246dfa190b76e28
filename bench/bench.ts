/**
 * A bench by its name; or every question of the page of figures, one after the other, each by its own bench in a process of its own:
 *
 *   npm run bench NAME -- [FLAGS]                   NAME as listed below; -- --help says what it asks and takes
 *   npm run bench -- [--texts FILE] [--only engines,fairness] [--quick] [--minutes 15] [--no-python] [--patience-s 60]
 *   npm run bench -- --check [--texts FILE]         the few ratios that matter, against floors, in two to four minutes
 *
 * Figures go to bench/results/QUESTION.json, with the machine and the versions; `npm run bench:page` makes
 * docs/performance.md of them. FILE is a labelled .tsv such as SST-2's dev set; without it texts are generated, and
 * nothing is said of accuracy. `npm run bench:peers` comes first, for the peers. With --minutes no question is begun when
 * so many minutes are over; those that say most come first.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { readFlags } from "../test/read-flags.ts"
import { checkFloors } from "./check-floors.ts"
import { secondsOf } from "./harness.ts"
import { benches, benchFolder, type Question, questions } from "./questions.ts"

/** One bench alone, with the words behind its name. */
async function runNamed(name: string, words: readonly string[]): Promise<void> {
  const file = Object.hasOwn(benches, name) ? benches[name as keyof typeof benches] : undefined
  if (file === undefined) {
    console.error(`no bench has the name ${name}; the names are ${names}`)
    process.exit(2)
  }
  process.exit((await run(file, words)) ? 0 : 1)
}

const names = Object.keys(benches).join(", ")
const [named, ...itsWords] = process.argv.slice(2)
if (named !== undefined && !named.startsWith("-")) await runNamed(named, itsWords)

const { values: flags } = readFlags(
  {
    options: {
      texts: { type: "string" },
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      minutes: { type: "string" },
      check: { type: "boolean", default: false },
      "no-python": { type: "boolean", default: false },
      "patience-s": { type: "string", default: "60" },
    },
  },
  `\nNames: ${names}`,
)

/** Runs a bench; what it prints is shown. */
async function run(bench: string, words: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, ["--import", "tsx", join(benchFolder, bench), ...words], { stdio: "inherit" })
  const [code] = await once(child, "exit")
  return code === 0
}

function wordsOf({ name, words = [], quick, takes }: Question): string[] {
  return [
    ...(flags.quick ? quick : words),
    ...(takes.texts !== undefined && flags.texts !== undefined ? ["--texts", flags.texts] : []),
    ...(takes.python && flags["no-python"] ? ["--no-python"] : []),
    ...(takes.patience ? ["--patience-s", flags["patience-s"]] : []),
    "--json",
    join(benchFolder, "results", `${name}.json`),
  ]
}

function chosen(): readonly Question[] {
  const names = flags.only?.split(",")
  const unknown = names?.find(name => !questions.some(question => question.name === name))
  if (unknown !== undefined)
    throw new Error(`--only must be of ${questions.map(({ name }) => name).join(", ")}; got ${unknown}`)
  return questions.filter(({ name }) => names?.includes(name) !== false)
}

async function answerAll(): Promise<void> {
  await mkdir(join(benchFolder, "results"), { recursive: true })
  const failed: string[] = []
  const late: string[] = []
  const lastStartMs = performance.now() + 60_000 * Number(flags.minutes ?? Infinity)
  for (const question of chosen()) {
    const { name, bench, takes } = question
    if (performance.now() > lastStartMs) {
      late.push(name)
      continue
    }
    console.log(`\n== ${name}`)
    if (takes.texts === "required" && flags.texts === undefined) {
      console.log("left out: it needs --texts FILE, labelled")
      continue
    }
    const seconds = await secondsOf(async () => {
      if (!(await run(benches[bench], wordsOf(question)))) failed.push(name)
    })
    console.log(`${name} took ${seconds.toFixed(0)} s`)
  }
  if (late.length > 0) console.log(`\nleft out, because ${flags.minutes} minutes were over: ${late.join(", ")}`)
  if (failed.length === 0) return
  console.log(`\nfailed: ${failed.join(", ")}`)
  process.exitCode = 1
}

if (flags.check) process.exitCode = (await checkFloors(run, flags.texts)) ? 0 : 1
else await answerAll()
