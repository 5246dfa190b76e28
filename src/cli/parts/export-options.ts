import { count, text } from "../../declaration.ts"

/** Where `valence queue export` can be asked. */
export const exportOptions = {
  port: count({
    default: 9465,
    min: 0,
    max: 65_535,
    unit: "port",
    noun: "a port number",
    env: "VALENCE_EXPORT_PORT",
    help: "port of /metrics, /v1/queue/scale, /livez and /readyz; 0 uses a free one",
  }),
  host: text({
    default: "127.0.0.1",
    unit: "host",
    env: "VALENCE_EXPORT_HOST",
    help: "address to listen on; 0.0.0.0 for all",
  }),
} as const
