import { count } from "../declaration.ts"

/** What a fleet is scaled for. */
export const scaleOptions = {
  targetSeconds: count({
    default: 60,
    min: 1,
    max: 2_000_000,
    unit: "seconds",
    env: "VALENCE_TARGET_SECONDS",
    help: "how long the fleet may need for what waits: valence_desired_workers is the number of workers that do it in this time",
  }),
} as const
