import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { Command } from "commander"
import { toggle } from "../../declaration.ts"
import { findForeignBinaries, removeBinaries } from "../../foreign-binaries.ts"
import { addFlags } from "../declared-options.ts"

/** How `valence prune` works. */
export const pruneOptions = {
  dryRun: toggle({ help: "list what would be removed without removing it" }),
} as const

const examples = `
Examples:
  valence prune --dry-run   lists the files and their size
  valence prune             removes them; run it in the stage of a Dockerfile that installs the dependencies

Installing the package again brings the files back.`

async function prune({ dryRun }: { readonly dryRun?: boolean }): Promise<void> {
  const require = createRequire(import.meta.url)
  const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`))
  const found = await findForeignBinaries({
    onnxRuntime: join(folderOf("onnxruntime-node"), "bin", "napi-v6"),
    tokenizers: folderOf("tokenizers"),
  })
  const megabytes = Math.round(found.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6)
  if (dryRun === true) for (const { path } of found) console.log(path)
  else await removeBinaries(found)
  const done = dryRun === true ? "would be removed" : "removed"
  console.log(
    `${found.length} files for other platforms than ${process.platform}/${process.arch} ${done}: ${megabytes} MB`,
  )
}

/** Adds `valence prune`: removes the binaries of dependencies that other platforms need. */
export function addPrune(program: Command): void {
  const command = program
    .command("prune")
    .description("remove the binaries of other platforms from node_modules, for small container images")
    .addHelpText("after", examples)
    .action(prune)
  addFlags(command, pruneOptions)
}
