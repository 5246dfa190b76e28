import { choice } from "../declaration.ts"

/** Where a command sends traces of its work. */
export const traceOptions = {
  trace: choice({
    default: "off",
    choices: ["off", "otlp", "console"],
    unit: "where",
    env: "VALENCE_TRACE",
    help: "traces by OpenTelemetry: otlp sends them where OTEL_EXPORTER_OTLP_ENDPOINT says, console writes a line of JSON for each span to standard error",
  }),
} as const
