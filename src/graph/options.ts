import { choice, fraction, type Given, text } from "../declaration.ts"

/** How a graph is built. */
export const buildOptions = {
  dtype: choice({ default: "int8", choices: ["int8", "fp32"], unit: "dtype", help: "precision of the graph" }),
  calibrate: text({
    default: undefined,
    unit: "file",
    help: "texts that show an int8 graph how large its activations get, one a line (default: the bundled ones)",
  }),
  maxFlips: fraction({
    default: 0.02,
    min: 0,
    max: 1,
    unit: "share",
    help: "refuse an int8 graph that gives more of the calibration texts another label than fp32",
  }),
  maxDifference: fraction({
    default: 0.02,
    min: 0,
    max: 1,
    unit: "score",
    help: "refuse an int8 graph whose scores lie farther from fp32's on average",
  }),
} as const

/** What `buildModel` and `verifyModel` take. */
export type BuildOptions = Given<typeof buildOptions>
