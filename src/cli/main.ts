#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { Command } from "commander"
import { ValenceError } from "../errors.ts"
import { fromPackageRoot } from "../package-root.ts"
import { addClassify } from "./classify.ts"

const { version } = JSON.parse(readFileSync(fromPackageRoot("package.json"), "utf8")) as { version: string }

const program = new Command("valence")
  .description("Labels text with sentiment, from one sentence to a billion rows")
  .version(version)
  .showHelpAfterError("(valence --help lists commands and options)")
addClassify(program)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof ValenceError)) throw error
  console.error(`error: ${error.message}`)
  process.exitCode = 2
}
