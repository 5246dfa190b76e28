import { stderr } from "node:process"
import type { Context } from "@opentelemetry/api"
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-node"
import type { Telemetry } from "bullmq"
import type { FastifyPluginCallback } from "fastify"
import { asError, ValenceError } from "../../errors.ts"
import type { WorkerEmitter } from "../../events.ts"
import { version } from "../../files/version.ts"
import { traceWork } from "../../traced-work.ts"
import { pickOptions } from "../declared-options.ts"
import { commandLog } from "../log.ts"
import { traceOptions } from "../trace-options.ts"

/** What makes traces of a process, and sends them. */
export interface Tracing extends AsyncDisposable {
  /** Begins a span for each request of a server; registered before its routes. */
  readonly plugin: FastifyPluginCallback
  /** Carries traces through Redis, and begins a span for each job. */
  readonly telemetry: Telemetry
  /** Makes a span of each micro-batch, in the trace of each job or request that has texts in it. */
  follow(events: WorkerEmitter): void
}

/** Loaded if traces are wanted: they are optional, and take a while. */
async function load() {
  try {
    const [api, sdk, otlp, bullmq, fastify, resources] = await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/sdk-trace-node"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("bullmq-otel"),
      import("@fastify/otel"),
      import("@opentelemetry/resources"),
    ])
    return { api, sdk, otlp, bullmq, fastify, resources }
  } catch (cause) {
    const why = `trace needs the optional dependencies of Valence, which were left out; ${asError(cause).message}`
    throw new ValenceError("option_invalid", why, { cause })
  }
}

type Loaded = Awaited<ReturnType<typeof load>>

/**
 * Starts traces, if a command asks for them: `--trace`. Sampling, resources and the exporter are set by the `OTEL_...` variables of
 * OpenTelemetry.
 *
 * @param service - what the process is called, unless OTEL_SERVICE_NAME says otherwise
 * @returns `undefined` if none are wanted: nothing is loaded, and nothing is traced
 * @throws ValenceError `option_invalid` if OpenTelemetry is not installed
 */
export async function startTracing(
  given: Readonly<Record<string, unknown>>,
  service: string,
): Promise<Tracing | undefined> {
  const { trace: where } = pickOptions(traceOptions, given)
  if (where === "off") return undefined
  const loaded = await load()
  const { api, sdk, otlp, fastify, resources } = loaded
  const exporter = where === "console" ? new LineExporter() : new otlp.OTLPTraceExporter()
  const provider = new sdk.NodeTracerProvider({
    resource: resources.detectResources({ detectors: [resources.envDetector] }).merge(
      resources.resourceFromAttributes({
        "service.name": process.env["OTEL_SERVICE_NAME"] ?? service,
        "service.version": version,
      }),
    ),
    spanProcessors: [
      where === "console" ? new sdk.SimpleSpanProcessor(exporter) : new sdk.BatchSpanProcessor(exporter),
    ],
  })
  const log = commandLog()
  const problem = (message: string, ...more: unknown[]) =>
    log.warn({ event: "trace_problem" }, `traces: ${[message, ...more].join(" ")}`)
  api.diag.setLogger({ error: problem, warn: problem, info() {}, debug() {}, verbose() {} }, api.DiagLogLevel.WARN)
  provider.register()
  traceWork(() => api.context.active())
  const requests = new fastify.FastifyOtelInstrumentation({ instrumentHooks: false, instrumentHandler: false })
  return {
    plugin: requests.plugin(),
    telemetry: jobsAlone(loaded),
    follow: events => followMicroBatches(events, loaded),
    // A collector that is gone is no reason to fail.
    [Symbol.asyncDispose]: () => provider.shutdown().catch((error: unknown) => problem(asError(error).message)),
  }
}

/** BullMQ's spans of jobs. It has others for each look into its queues, which belong to no trace. */
function jobsAlone({ api, bullmq }: Loaded): Telemetry {
  const { tracer, contextManager } = new bullmq.BullMQOtel({ tracerName: "valence", version })
  const silent = api.trace.wrapSpanContext(api.INVALID_SPAN_CONTEXT)
  const none = {
    setSpanOnContext: (context: Context) => context,
    setAttribute: () => silent,
    setAttributes: () => silent,
    addEvent: () => silent,
    recordException() {},
    end() {},
  }
  return {
    contextManager,
    tracer: {
      startSpan: (name, options, context) =>
        options?.kind === api.SpanKind.CONSUMER ? tracer.startSpan(name, options, context as Context) : (none as never),
    },
  } as Telemetry
}

function followMicroBatches(events: WorkerEmitter, { api }: Loaded): void {
  const tracer = api.trace.getTracer("valence", version)
  events.on("microBatch", ({ lane, texts, tokens, paddedTokens, runMs, work = [] }) => {
    const startTime = Date.now() - runMs
    const attributes = {
      "valence.lane": lane,
      "valence.texts": texts,
      "valence.tokens": tokens,
      "valence.padded_tokens": paddedTokens,
    }
    for (const context of new Set(work as readonly (Context | undefined)[])) {
      if (context === undefined || !sampled(api, context)) continue
      tracer.startSpan("micro-batch", { startTime, attributes }, context).end()
    }
  })
}

function sampled(api: Loaded["api"], context: Context): boolean {
  const flags = api.trace.getSpanContext(context)?.traceFlags ?? api.TraceFlags.NONE
  return (flags & api.TraceFlags.SAMPLED) !== 0
}

/** Writes spans to standard error: standard output is for the log. */
class LineExporter implements SpanExporter {
  export(spans: readonly ReadableSpan[], done: Parameters<SpanExporter["export"]>[1]): void {
    for (const span of spans) stderr.write(`${JSON.stringify(lineOf(span))}\n`)
    done({ code: 0 })
  }

  async shutdown(): Promise<void> {}
}

const ms = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1000 + nanoseconds / 1e6

function lineOf(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext()
  return {
    span: span.name,
    service: span.resource.attributes["service.name"],
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    kind: span.kind,
    startMs: ms(span.startTime),
    ms: ms(span.duration),
    status: span.status.code,
    attributes: span.attributes,
  }
}
