import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** What one core reaches with an instruction, as `silicon.c` next to this file measures it. */
export interface InstructionPeak {
  readonly dtype: "int8" | "fp32"
  /** Such as `AVX-512-VNNI`. */
  readonly instruction: string
  /** GOP/s of CPU time; a multiply-add counts as two operations. */
  readonly gops: number
}

/** The peaks of this machine's instructions, or why they are not known. */
export type SiliconPeaks = readonly InstructionPeak[] | { readonly unknown: string }

/** Compiles `silicon.c` with the machine's C compiler and runs it, which takes a second. */
export async function measureSilicon(): Promise<SiliconPeaks> {
  const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
  try {
    const program = join(folder, "silicon")
    await run("cc", ["-O2", "-o", program, new URL("silicon.c", import.meta.url).pathname])
    const { stdout } = await run(program)
    const peaks = stdout.split("\n").filter(Boolean).map(peakOf)
    return peaks.length > 0 ? peaks : { unknown: "silicon.c has no loop for this kind of CPU" }
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    return { unknown: code === "ENOENT" ? "there is no C compiler (cc)" : (message.split("\n")[0] as string) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function peakOf(line: string): InstructionPeak {
  const [dtype, instruction, gops] = line.split(" ")
  return { dtype: dtype as InstructionPeak["dtype"], instruction: String(instruction), gops: Number(gops) }
}

/** The fastest instruction of a precision. */
export function bestInstruction(peaks: SiliconPeaks, dtype: InstructionPeak["dtype"]): InstructionPeak | undefined {
  if ("unknown" in peaks) return undefined
  return peaks.filter(one => one.dtype === dtype).toSorted((a, b) => b.gops - a.gops)[0]
}
