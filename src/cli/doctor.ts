import { stdout } from "node:process"
import type { Command } from "commander"
import pc from "picocolors"
import { toggle } from "../declaration.ts"
import type { Finding, FindingStatus } from "../doctor/finding.ts"
import { modelOptions } from "../options.ts"
import { redisOptions } from "../queue/redis-options.ts"
import { addOptions, pickOptions } from "./declared-options.ts"
import { fleetOptions } from "./open-labeller.ts"
import { showLine } from "./show-line.ts"

/** What `valence doctor` looks at besides the model, and how it tells. */
export const doctorOptions = {
  redis: { ...fleetOptions.redis, help: `look at this Redis too: ${redisOptions.redis.help}` },
  connectTimeoutMs: redisOptions.connectTimeoutMs,
  json: toggle({ help: "print one JSON object" }),
} as const

const marks: Readonly<Record<FindingStatus, string>> = {
  ok: pc.green("ok     "),
  warning: pc.yellow("warning"),
  missing: pc.red("missing"),
  absent: pc.dim("absent "),
}

/** A message may be long, as those of a loader are, but not without end. */
const mostShown = 400

/** The findings as people read them, each with the command that mends it. */
export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines: string[] = []
  let last: string | undefined
  for (const { section, name, status, found, remedy } of findings) {
    if (section !== last) lines.push(`${last === undefined ? "" : "\n"}${pc.bold(section)}`)
    last = section
    lines.push(`  ${marks[status]}  ${name.padEnd(width)}  ${showLine(found, mostShown)}`)
    if (remedy !== undefined) lines.push(`           ${" ".repeat(width)}  mend it: ${remedy}`)
  }
  return lines.join("\n")
}

/** Loaded when it is needed: `valence --help` should not wait for ONNX Runtime. */
function loadExamination() {
  return import("../doctor/examine.ts")
}

async function doctor(given: Readonly<Record<string, unknown>>): Promise<void> {
  const { examine } = await loadExamination()
  const { json, redis, connectTimeoutMs } = pickOptions(doctorOptions, given)
  const findings = await examine({ ...pickOptions(modelOptions, given), redis, connectTimeoutMs })
  const ok = findings.every(({ status }) => status !== "missing")
  if (json) stdout.write(`${JSON.stringify({ ok, findings })}\n`)
  else
    console.log(
      `${describeFindings(findings)}\n\n${ok ? "nothing that was asked for is missing" : "something that was asked for is missing"}`,
    )
  if (!ok) process.exitCode = 1
}

const help = `
ok: it is there; warning: it works, and is not as it should be; missing: it was asked for and cannot be used; absent: it is
not there, and nobody asked for it.

Examples:
  valence doctor
  valence doctor --device cuda:0 --redis redis://queue:6379 --model ./my-checkpoint --json

Exit code: 0 nothing that was asked for is missing, 1 something is, 2 it could not look.`

/** Adds `valence doctor`. */
export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description("show what this machine has for labelling, what is missing, and what mends it")
    .addHelpText("after", help)
  for (const declarations of [modelOptions, doctorOptions]) addOptions(command, declarations)
  command.action(doctor)
}
