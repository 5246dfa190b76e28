/**
 * Writes a checkpoint of DistilBERT-base's geometry with random weights into a folder, for the benches with `--model`:
 *
 *   npm run bench random-checkpoint -- FOLDER
 */

import { readFlags } from "../test/read-flags.ts"
import { showCount } from "./harness.ts"
import { baseGeometry, writeRandomCheckpoint } from "./random-checkpoint.ts"

const { positionals } = readFlags({ allowPositionals: true })
const [folder] = positionals
if (folder === undefined || positionals.length > 1)
  throw new Error(`one FOLDER must be given; got ${positionals.length === 0 ? "none" : positionals.join(" ")}`)
const bytes = await writeRandomCheckpoint(folder, baseGeometry)
console.log(`${folder}: DistilBERT-base's geometry, random weights, ${showCount(bytes / 2 ** 20)} MiB`)
