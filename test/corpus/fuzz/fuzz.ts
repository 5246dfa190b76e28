/**
 * Labels valid files of every format after changing their bytes, and looks whether a row is lost or a text changed in silence:
 *
 *   npm run fuzz:files -- --mutations 10000 [--seed N] [--first N] [--only parquet]
 */

import { readFlags } from "../../read-flags.ts"
import { playFileFuzz } from "./play-fuzz.ts"

const { values: flags } = readFlags({
  options: {
    mutations: { type: "string", default: "1000" },
    first: { type: "string", default: "0" },
    only: { type: "string", default: "" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
  },
})
const [mutations, first, seed] = [flags.mutations, flags.first, flags.seed].map(Number) as [number, number, number]
console.log(`mutations ${first} to ${first + mutations - 1} of seed ${seed}`)
const { problems, ends } = await playFileFuzz({
  mutations,
  first,
  seed,
  only: flags.only,
  onProblem: problem => console.log(`PROBLEM ${problem}`),
  onMutation: at => {
    if (at % 500 === 0) console.log(`at ${at}`)
  },
})
console.log(`runs by end: ${JSON.stringify(ends)}`)
console.log(problems.length === 0 ? "passed" : `FAILED: ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
