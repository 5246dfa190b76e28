import { choice } from "../declaration.ts"

/** How a command that runs until it is stopped writes what happens. */
export const logOptions = {
  logFormat: choice({
    default: "text",
    choices: ["text", "json"],
    unit: "format",
    env: "VALENCE_LOG_FORMAT",
    help: "text: lines for people, on standard error; json: one object per line, on standard output",
  }),
  logLevel: choice({
    default: "info",
    choices: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    unit: "level",
    env: "VALENCE_LOG_LEVEL",
    help: "the least important lines to write; debug adds one per request and job",
  }),
} as const
