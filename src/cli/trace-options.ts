import { choice } from "../declaration.ts"

/** Where a command sends traces of its work. */
export const traceOptions = {
  trace: choice({
    default: "off",
    choices: ["off", "otlp", "console"],
    unit: "where",
    env: "VALENCE_TRACE",
    help: "OpenTelemetry traces: otlp sends them to OTEL_EXPORTER_OTLP_ENDPOINT, console writes each span as a line of JSON to standard error",
  }),
} as const
