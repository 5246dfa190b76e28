/** The compiled package, as users run it, with the types of its source; `npm run build` makes it. */
const entry: string = "../dist/index.js"

export const { createClassifier, createLexiconLabeller, labelCorpus } = (await import(
  entry
)) as typeof import("../src/index.ts")

const fleetEntry: string = "../dist/fleet.js"

export const { createProducer, createWorker } = (await import(fleetEntry)) as typeof import("../src/fleet.ts")

/** The command line, to be run with node. */
export const cliFile = new URL("../dist/cli/main.js", import.meta.url).pathname
