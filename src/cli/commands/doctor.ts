import { stdout } from "node:process"
import type { Command } from "commander"
import pc from "picocolors"
import { toggle } from "../../declaration.ts"
import type { Finding, FindingStatus } from "../../doctor/finding.ts"
import { modelOptions } from "../../options.ts"
import { redisOptions, redisSecurityOptions } from "../../queue/redis/redis-options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { serverFleetOptions } from "../open-labeller.ts"
import { showLine } from "../show/show-line.ts"

/** What `valence doctor` examines besides the model, and how it prints its findings. */
export const doctorOptions = {
  redis: { ...serverFleetOptions.redis, help: `check this Redis too: ${redisOptions.redis.help}` },
  connectTimeoutMs: redisOptions.connectTimeoutMs,
  ...redisSecurityOptions,
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

/** The findings as people read them, each with the command that fixes it. */
export function describeFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines: string[] = []
  let last: string | undefined
  for (const { section, name, status, found, remedy } of findings) {
    if (section !== last) lines.push(`${last === undefined ? "" : "\n"}${pc.bold(section)}`)
    last = section
    lines.push(`  ${marks[status]}  ${name.padEnd(width)}  ${showLine(found, mostShown)}`)
    if (remedy !== undefined) lines.push(`           ${" ".repeat(width)}  fix: ${remedy}`)
  }
  return lines.join("\n")
}

/** Loaded when it is needed: `valence --help` should not wait for ONNX Runtime. */
function loadExamination() {
  return import("../../doctor/examine.ts")
}

async function doctor(given: Readonly<Record<string, unknown>>): Promise<void> {
  const { examine } = await loadExamination()
  const { json, ...fleet } = pickOptions(doctorOptions, given)
  const findings = await examine({ ...pickOptions(modelOptions, given), ...fleet })
  const ok = findings.every(({ status }) => status !== "missing")
  if (json) stdout.write(`${JSON.stringify({ ok, findings })}\n`)
  else
    console.log(
      `${describeFindings(findings)}\n\n${ok ? "All checks passed." : "Some required components are missing."}`,
    )
  if (!ok) process.exitCode = 1
}

const help = `
Each line is ok, a warning (it works, but not as it should), missing (required, and cannot be used) or absent (not there, and not
required). If the model runs on a CPU, its int8 graph is measured against fp32 for some seconds.

Examples:
  valence doctor
  valence doctor --device cuda:0 --redis redis://queue:6379 --model ./my-checkpoint --json

Exit code: 0 all checks passed, 1 something required is missing, 2 the checks could not run.`

/** Adds `valence doctor`. */
export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description("check this machine and say how to fix what is missing")
    .addHelpText("after", help)
  for (const declarations of [modelOptions, doctorOptions]) addFlags(command, declarations)
  command.action(doctor)
}
