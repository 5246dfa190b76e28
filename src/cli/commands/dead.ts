import { stderr, stdin, stdout } from "node:process"
import type { Command } from "commander"
import { count, toggle } from "../../declaration.ts"
import { ValenceError } from "../../errors.ts"
import type { DeadLetters } from "../../queue/dead/dead-letters.ts"
import { redisTimeMs } from "../../queue/redis/adapt-scripts.ts"
import { redisOptions } from "../../queue/redis/redis-options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { loadQueues } from "../load-queues.ts"
import { confirm } from "../show/confirm.ts"
import { letterTable } from "../show/letter-table.ts"
import { showCount } from "../show/show-numbers.ts"

/** How `valence dead list` lists. */
export const listOptions = {
  limit: count({
    default: 50,
    min: 1,
    max: 1_000_000,
    unit: "letters",
    help: "number of letters to list, the oldest first",
  }),
  json: toggle({ help: "print each letter as a JSON object, in full" }),
} as const

/** Which letters are meant. */
export const allOptions = {
  all: toggle({ help: "all letters that exist when the command starts" }),
} as const

/** How `valence dead drop` is sure. */
export const dropOptions = {
  yes: toggle({ help: "drop all without asking" }),
} as const

type Options = Readonly<Record<string, unknown>>

const letters = (number: number) => `${showCount(number)} dead ${number === 1 ? "letter" : "letters"}`

/** Letters that are read at a time: each holds a job. */
const pageLetters = 50

async function list(given: Options): Promise<void> {
  const { openQueues } = await loadQueues()
  const { limit, json } = pickOptions(listOptions, given)
  await using open = await openQueues(pickOptions(redisOptions, given))
  const table = letterTable(await redisTimeMs(open.queues.redis))
  let listed = 0
  while (listed < limit) {
    const page = await open.deadLetters.list(listed, Math.min(pageLetters, limit - listed))
    if (page.length === 0) break
    for (const letter of page)
      if (json) stdout.write(`${JSON.stringify(letter)}\n`)
      else table.push(letter)
    listed += page.length
  }
  if (!json) console.log(listed === 0 ? "no dead letters" : table.toString())
  const more = (await open.deadLetters.count()) - listed
  if (more > 0) stderr.write(`${letters(more)} more; list them with --limit ${listed + more}\n`)
}

async function show(id: string, given: Options): Promise<void> {
  const { openQueues } = await loadQueues()
  await using open = await openQueues(pickOptions(redisOptions, given))
  console.log(JSON.stringify(await open.deadLetters.show(id), undefined, 2))
}

async function retry(ids: readonly string[], given: Options): Promise<void> {
  requireIdsOrAll("retry", ids, given)
  const { openQueues } = await loadQueues()
  await using open = await openQueues(pickOptions(redisOptions, given))
  await actOn(open.deadLetters, "retry", ids.length > 0 ? ids : await open.deadLetters.ids())
}

async function drop(ids: readonly string[], given: Options): Promise<void> {
  requireIdsOrAll("drop", ids, given)
  const { yes } = pickOptions(dropOptions, given)
  const { all } = pickOptions(allOptions, given)
  if (all && !yes && !stdin.isTTY)
    throw new ValenceError("option_invalid", "dead drop --all needs --yes if there is no terminal to ask on")
  const { openQueues } = await loadQueues()
  await using open = await openQueues(pickOptions(redisOptions, given))
  const chosen = all ? await open.deadLetters.ids() : ids
  const question = `drop ${letters(chosen.length)} and the jobs in them for good?`
  if (all && !yes && chosen.length > 0 && !(await confirm(question, stdin, stderr))) return console.log("dropped none")
  await actOn(open.deadLetters, "drop", chosen)
}

function requireIdsOrAll(name: string, ids: readonly string[], given: Options): void {
  const { all } = pickOptions(allOptions, given)
  if (all === ids.length > 0)
    throw new ValenceError(
      "option_invalid",
      `dead ${name} must have ids of dead letters or --all; got ${all ? "both" : "neither"}`,
    )
}

const past = { retry: "retried", drop: "dropped" } as const

async function actOn(deadLetters: DeadLetters, act: "retry" | "drop", ids: readonly string[]): Promise<void> {
  const chosen = [...new Set(ids)]
  const problems = await deadLetters.each(act, chosen)
  console.log(`${past[act]} ${letters(chosen.length - problems.length)}`)
  for (const { message } of problems) stderr.write(`error: ${message}\n`)
  if (problems.length > 0) process.exitCode = 2
}

const help = `
A job that failed for good stays in the dead letters until it is retried or dropped.

Examples:
  valence dead list
  valence dead list --json --limit 1000 | jq -r .cause.code | sort | uniq -c
  valence dead show valence.j0123
  valence dead retry valence.j0123 valence-bulk.j4567
  valence dead retry --all
  valence dead drop --all --yes`

const listHelp = `
Examples:
  valence dead list
  valence dead list --json --limit 1000 | jq -r .id

Exit code: 0, or 2 if they could not be listed.`

const showHelp = `
Example:
  valence dead show valence.j0123

Exit code: 0, or 2 if no letter has this id.`

const retryHelp = `
The job gets all its attempts again. A producer that still waits for it gets the result; otherwise the result is stored.

Examples:
  valence dead retry valence.j0123 valence-bulk.j4567
  valence dead retry --all

Exit code: 0 all were retried, 2 some were not: the others were.`

const dropHelp = `
The letter is gone, and so is the job in it.

Examples:
  valence dead drop valence.j0123
  valence dead drop --all --yes

Exit code: 0 all were dropped, or none because the answer was no; 2 some were not: the others were.`

/** Adds `valence dead list|show|retry|drop`. */
export function addDead(program: Command): void {
  const dead = program
    .command("dead")
    .description("list jobs that failed for good; show one; retry or drop them")
    .addHelpText("after", help)
  const add = (usage: string, what: string, more: string, groups: Parameters<typeof addFlags>[1][]) => {
    const command = dead.command(usage).description(what).addHelpText("after", more)
    for (const declarations of [...groups, redisOptions]) addFlags(command, declarations)
    return command
  }
  add("list", "list dead letters, the oldest first", listHelp, [listOptions]).action(list)
  add("show <id>", "print a dead letter in full", showHelp, []).action(show)
  add("retry [ids...]", "put jobs back into their queues", retryHelp, [allOptions]).action(retry)
  add("drop [ids...]", "drop dead letters", dropHelp, [allOptions, dropOptions]).action(drop)
}
