import { type CliRun, runCli } from "../run-cli.ts"

/** What a run of `valence label` took. */
export type LabelRun = CliRun

/**
 * Runs `valence label` on a file, in a process of its own.
 *
 * @param nodeFlags - such as --cpu-prof
 */
export function runLabel(
  input: string,
  flags: readonly string[],
  nodeFlags: readonly string[] = [],
): Promise<LabelRun> {
  return runCli(["label", input, "--force", ...flags], nodeFlags)
}
