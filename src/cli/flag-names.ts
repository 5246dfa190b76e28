import type { Command } from "commander"

/** The flags of each command's options, by the options' names. */
const flagsOf = new Map<Command, Map<string, string>>()
let flags: ReadonlyMap<string, string> = new Map()

/** Notes the flag of an option of a command, so that messages can name it. */
export function noteFlag(command: Command, name: string, flag: string): void {
  const known = flagsOf.get(command) ?? new Map<string, string>()
  flagsOf.set(command, known.set(name, flag))
}

/** Says which command runs: messages name its flags. */
export function nameFlagsOf(command: Command): void {
  flags = flagsOf.get(command) ?? new Map()
}

/** What stands in quotes was given by the user, or is in the input. */
const quoted = /("(?:[^"\\]|\\.)*")/

/**
 * A message of the library with the flags of its options, as a user of the command line types them. Names of one word are options
 * only at the beginning of a rule, and after "use".
 *
 * @example
 * withFlags("minScore must be a number, 0 or more; got -1") // → '--min-score must be a number, 0 or more; got -1'
 */
export function withFlags(message: string): string {
  return message
    .split(quoted)
    .map((part, at) => (at % 2 === 1 ? part : named(part, at === 0)))
    .join("")
}

function named(part: string, isBeginning: boolean): string {
  return part
    .replace(/\buse (\w+) false\b/g, (whole, name) => (flags.has(name) ? `use --no-${bare(name)}` : whole))
    .replace(/\buse (\w+)\b/g, (whole, name) => (flags.has(name) ? `use ${positive(name)}` : whole))
    .replace(/(?<!-)\bforce (?=starts over|replaces it)/g, "--force ")
    .replace(/(^|; )(\w+)(?= must )/g, (whole, before, name) =>
      flags.has(name) && (before !== "" || isBeginning) ? `${before}${positive(name)}` : whole,
    )
    .replace(/(?<![-\w.])[a-z]+(?:[A-Z][a-z]+)+\b/g, name => flags.get(name) ?? name)
}

/** A flag without its dashes, and without "no". */
const bare = (name: string) => (flags.get(name) as string).replace(/^--(no-)?/, "")

const positive = (name: string) => `--${bare(name)}`
