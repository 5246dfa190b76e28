import { type Command, Option } from "commander"
import { type Complete, type Declaration, readOption } from "../declaration.ts"
import { noteFlag } from "./flag-names.ts"

type Declarations = Readonly<Record<string, Declaration<unknown>>>

/** `maxWaitMs` → `--max-wait-ms` */
export const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

/** A switch that is on is given to turn it off: `--no-dedup`. */
export const flagFor = (name: string, { default: value }: Pick<Declaration<unknown>, "default">) =>
  value === true ? flagOf(name).replace("--", "--no-") : flagOf(name)

/**
 * Gives a command the declared options: flag, help, default, environment and validation all come from the declaration.
 *
 * @param short - one-letter flags by option name, such as `{ output: 'o' }`
 */
export function addFlags(
  command: Command,
  declarations: Declarations,
  short: Readonly<Record<string, string>> = {},
): Command {
  for (const [name, declaration] of Object.entries(declarations)) {
    const flag = flagFor(name, declaration)
    noteFlag(command, name, flag)
    const letter = short[name] === undefined ? "" : `-${short[name]}, `
    const value = declaration.unit === undefined ? "" : ` <${declaration.unit}>`
    const option = new Option(`${letter}${flag}${value}`, declaration.offHelp ?? declaration.help)
    if (declaration.default !== undefined && typeof declaration.default !== "boolean")
      option.default(declaration.default)
    if (declaration.env !== undefined) option.env(declaration.env)
    if (declaration.unit !== undefined) option.argParser(given => readOption(flag, declaration, given))
    command.addOption(option)
    if (declaration.choices?.includes("off"))
      command.addOption(new Option(`--no-${flag.slice(2)}`, `the same as ${flag} off`).preset("off"))
  }
  return command
}

/** The values of one group of declared options out of all that a command was given. */
export function pickOptions<D extends Declarations>(
  declarations: D,
  given: Readonly<Record<string, unknown>>,
): Complete<D> {
  const picked = Object.entries(declarations).map(([name, declaration]) => [name, given[name] ?? declaration.default])
  return Object.fromEntries(picked) as Complete<D>
}
