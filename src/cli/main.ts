#!/usr/bin/env node
import { Command, CommanderError } from "commander"
import { ValenceError } from "../errors.ts"
import { version } from "../files/version.ts"
import { refusalOf } from "../queue/redis/refusal.ts"
import { addClassify } from "./commands/classify.ts"
import { addDead } from "./commands/dead.ts"
import { addDoctor } from "./commands/doctor.ts"
import { addEval } from "./commands/eval.ts"
import { addLabel } from "./commands/label.ts"
import { addModels } from "./commands/models.ts"
import { addPrune } from "./commands/prune.ts"
import { addQueue } from "./commands/queue.ts"
import { addServe } from "./commands/serve.ts"
import { addTune } from "./commands/tune.ts"
import { addWork } from "./commands/work.ts"
import { dropEmptyVariables, unknownVariables } from "./environment.ts"
import { nameFlagsOf, withFlags } from "./flag-names.ts"
import { fail, openLog, warn } from "./log.ts"
import { listenForUnforeseen } from "./unforeseen.ts"

/** The exit code of errors that are not failed rows: other codes are about rows, and a caller may continue after those. */
const errorExitCode = 2

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of standard output, such as head, has seen enough.
  if (error.code === "EPIPE") process.exit(errorExitCode)
})
listenForUnforeseen(error => {
  fail(error, undefined)
  process.exit(errorExitCode)
})

const examples = `
Examples:
  valence label reviews.csv                      labels a file: reviews.labelled.csv
  valence label reviews.csv --report page.html   and writes a page about it
  valence classify "I love it" "Never again"     labels texts
  valence eval dev.tsv --model afinn-111         compares a lexicon's labels with the file's
  valence models build ./my-checkpoint           builds the graph of a checkpoint
  valence doctor                                 shows what this machine has, and what is missing
  valence serve                                  an API over HTTP, and a page to try it
  valence queue status --watch                   shows what waits in Redis, and who works on it
  valence dead retry --all                       puts jobs that failed for good back into their queues`

/** What follows an error in the words of a command: if its own commands or options are listed. */
function nameHelp(command: Command, path: string): void {
  const { commands } = command
  command.showHelpAfterError(`(${path} --help lists its ${commands.length > 0 ? "commands" : "options"})`)
  for (const each of commands) nameHelp(each, `${path} ${each.name()}`)
}

const program = new Command("valence")
  .description("Labels text with sentiment, from one sentence to a billion rows")
  .version(version)
  .addHelpText("after", examples)
  .exitOverride()
addLabel(program)
addClassify(program)
addEval(program)
addModels(program)
addWork(program)
addServe(program)
addQueue(program)
addDead(program)
addDoctor(program)
addTune(program)
addPrune(program)
nameHelp(program, "valence")

dropEmptyVariables(process.env)
program.hook("preAction", async (_, command) => {
  nameFlagsOf(command)
  // A worker's lines have always begun with the time.
  if ("logFormat" in command.opts()) await openLog(command.opts(), command.name() === "work")
  for (const warning of unknownVariables(program, process.env)) warn(warning)
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : errorExitCode
  else {
    const refusal = refusalOf(error)
    const message = error instanceof ValenceError ? error.message : refusal && `redis refused: ${refusal.reason}`
    fail(error, message && withFlags(message))
    process.exitCode = errorExitCode
  }
}
