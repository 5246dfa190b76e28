import { readFileSync } from "node:fs"
import { type ParseArgsConfig, parseArgs } from "node:util"

/**
 * The flags of the script that runs, as `parseArgs` reads them. With `--help` the comment at the script's head is printed, and with
 * flags that it does not know what is wrong with them too; then the process ends.
 *
 * @param more - printed after the comment
 */
export function readFlags<T extends ParseArgsConfig>(config: T, more = ""): ReturnType<typeof parseArgs<T>> {
  const script = process.argv[1] as string
  if (process.argv.slice(2).some(word => word === "--help" || word === "-h")) {
    console.log(headOf(script) + more)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${headOf(script)}${more}`)
    process.exit(2)
  }
}

/** The comment that a script begins with, without its asterisks. */
function headOf(script: string): string {
  const [, comment = ""] = /^\/\*\*\n(.*?)\n? \*\//s.exec(readFileSync(script, "utf8")) ?? []
  return comment.replaceAll(/^ \* ?/gm, "")
}
