import { count } from "../../declaration.ts"

/**
 * What a fleet is scaled for. A fleet whose workers take as long to start as the target is swings: `npm run bench scaling` shows it. The default
 * is five times the minute that a worker takes which has to pull its model.
 */
export const scaleOptions = {
  targetSeconds: count({
    default: 300,
    min: 1,
    max: 2_000_000,
    unit: "seconds",
    env: "VALENCE_TARGET_SECONDS",
    help: "how long the fleet may take for the backlog: valence_desired_workers is the number of workers for that",
  }),
} as const
