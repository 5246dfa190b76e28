import { existsSync } from "node:fs"
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { type CpuKind, cpuKind, cpuKinds } from "../cpu-kind.ts"
import type { Ratio } from "../harness.ts"
import { benchFolder } from "../questions.ts"

interface Measured {
  readonly machine: Readonly<Record<string, string>>
  readonly figures: Readonly<Record<string, readonly number[]>>
  readonly otherLoad: readonly number[]
}

interface Engine {
  readonly name: string
  readonly dtype: string
}

/** A ratio against the best of the peers, and its bar. */
export interface AgainstBest {
  readonly dtype: string
  readonly best: string
  readonly bar: number
  readonly ratio: Ratio
  /** The turns that the ratio comes from, where those are not the rounds of all. */
  readonly final?: { readonly figures: Readonly<Record<string, readonly number[]>> }
}

/** Texts a second of every way to use every engine. */
export interface EngineFigures extends Measured {
  readonly textsARound: number
  readonly versions: Readonly<Record<string, string>>
  readonly ways: readonly (Engine & { key: string; order: string; batchSize: number })[]
  readonly absent: readonly (Engine & { reason: string })[]
  readonly ratios: readonly AgainstBest[]
}

/** What one core reaches with an instruction, GOP/s of CPU time. */
export interface InstructionFigures {
  readonly dtype: string
  readonly instruction: string
  readonly gops: number
}

/** What a graph's linear layers reach alone and in the graph, GOP/s, and where its time goes. */
export interface RooflineFigures extends Measured {
  readonly figures: { readonly alone: readonly number[]; readonly graph: readonly number[] }
  readonly share: Ratio
  /** The loops of the CPU's instructions; older figures have none. */
  readonly silicon?: readonly InstructionFigures[] | { readonly unknown: string }
  readonly profile: {
    readonly microBatches: number
    readonly tokens: number
    readonly runMs: number
    readonly linearAloneMs: number
    readonly operators: readonly { name: string; nodes: number; ms: number }[]
  }
}

/** What each bench writes with `--json`, as far as the page reads it. */
export interface Figures {
  readonly engines: EngineFigures
  readonly "engines-mixed-lengths": EngineFigures
  readonly "engines-base": EngineFigures
  readonly dtypes: Measured & { readonly textsARound: number; readonly ratios: Readonly<Record<"wall" | "cpu", Ratio>> }
  readonly "single-text": Measured & {
    readonly quantiles: readonly (Engine & { p50: number; p90: number; p99: number })[]
    readonly ratios: readonly AgainstBest[]
  }
  readonly agreement: {
    readonly texts: number
    readonly rows: readonly (Engine & {
      accuracy: number
      otherLabels: number
      meanDifference: number
      maxDifference: number
    })[]
  }
  /** Shares of right labels: by contest, contestant and domain. */
  readonly accuracy: {
    readonly texts: number
    readonly figures: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>>
  }
  readonly calibration: {
    readonly model: string
    readonly texts: number
    readonly bins: readonly { texts: number; score: number; right: number }[]
    readonly error: number
  }
  readonly "token-budget": Measured & {
    readonly padding?: Readonly<Record<string, number>>
    readonly arrangements?: Readonly<Record<"as they come" | "sorted", number>>
  }
  readonly growth: Measured & {
    readonly texts: readonly { texts: number; seconds: number }[]
    /** Of a lexicon; older figures have none. */
    readonly lexicon?: readonly { texts: number; seconds: number }[]
    readonly tokens: readonly { tokens: number; textMs: number; tokenMicroseconds: number }[]
    readonly children: readonly { count: number; textsPerSecond: number }[]
  }
  readonly roofline: RooflineFigures
  readonly "roofline-base": RooflineFigures
  readonly fleet: Measured & { readonly ratio: Ratio }
  readonly queue: Measured & { readonly bulkRatio: Ratio; readonly singleRatio: Ratio }
  readonly fairness: Measured & {
    readonly ratio: Ratio
    /** ms, percentiles 0 to 100. */
    readonly latencyPercentiles: Readonly<Record<"idle" | "busy", readonly number[]>>
  }
  readonly lexicons: {
    readonly rows: readonly { name: string; textsPerSecond: number; right?: number }[]
    readonly ratios: readonly { peer: string; ratio: Ratio }[]
  }
  readonly "queue-shapes": Measured & { readonly shapes: readonly { name: string; textsPerSecond: number }[] }
  readonly replies: Measured
  readonly "redis-memory": {
    readonly machine: Measured["machine"]
    readonly rows: number
    readonly rowsPerSecond: number
    readonly mostMiB: number
    readonly thirdsMiB: readonly number[]
  }
  readonly "start-up": Measured & { readonly peakMiB?: Readonly<Record<string, number>> }
  readonly "process-memory": {
    readonly rows: readonly {
      readonly what: string
      readonly processes: number
      readonly privateMiB: number
      readonly pssMiB: number
    }[]
  }
  readonly memory: { readonly rows: readonly { rows: number; peakMiB: number }[]; readonly growth: number }
}

/** Reads the figures of a question by its name; `undefined` if it was never asked on that kind of CPU. */
export type ReadFigures = <N extends keyof Figures>(name: N) => Promise<Figures[N] | undefined>

const [resultsFolder, snapshotFolder] = [join(benchFolder, "results"), join(benchFolder, "snapshot")]

/** Copies the figures that `npm run bench` took last into the snapshot of this machine's kind of CPU. */
export async function keepResults(): Promise<void> {
  const taken = await readdir(resultsFolder).catch(() => [])
  for (const file of taken) {
    const { machine } = JSON.parse(await readFile(join(resultsFolder, file), "utf8")) as Partial<Measured>
    const folder = join(snapshotFolder, machine?.["kind"] ?? cpuKind())
    await mkdir(folder, { recursive: true })
    await copyFile(join(resultsFolder, file), join(folder, file))
  }
}

/** The kinds of CPU of which there are figures, the one with the best instructions first. */
export async function measuredKinds(): Promise<CpuKind[]> {
  const folders = await readdir(snapshotFolder)
  return (Object.keys(cpuKinds) as CpuKind[]).filter(kind => folders.includes(kind))
}

/** The figures of a kind of CPU. */
export function figuresOf(kind: CpuKind): ReadFigures {
  return async name => {
    const file = join(snapshotFolder, kind, `${name}.json`)
    return existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : undefined
  }
}
