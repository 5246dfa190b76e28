import { choice, fraction, type Given, text } from "../declaration.ts"

/** How a graph is built. */
export const buildOptions = {
  dtype: choice({ default: "int8", choices: ["int8", "fp16", "fp32"], unit: "dtype", help: "precision of the graph" }),
  calibrate: text({
    default: undefined,
    unit: "file",
    help: "calibration texts, one per line, like those that you will label (default: the bundled ones)",
  }),
  maxFlips: fraction({
    default: 0.02,
    min: 0,
    max: 1,
    unit: "share",
    help: "refuse a graph that labels more of the calibration texts differently from fp32",
  }),
  maxDifference: fraction({
    default: 0.02,
    min: 0,
    max: 1,
    unit: "score",
    help: "refuse a graph whose scores differ more from fp32's on average",
  }),
} as const

/** What `buildModel` and `verifyModel` take. */
export type BuildOptions = Given<typeof buildOptions>
