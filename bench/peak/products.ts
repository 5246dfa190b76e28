import type { MicroBatch } from "../../src/model/micro-batch.ts"
import { type LoneProduct, linearOperators, openLoneProduct, type WeightShape } from "./lone-product.ts"
import type { GraphRun } from "./profile.ts"

/** The linear layers of a graph whose weights have one shape. */
export interface Products extends WeightShape {
  readonly name: string
  /** One for each micro-batch. */
  readonly runs: { readonly tokens: number; readonly times: number }[]
  /** What they took in the graph. */
  graphMs: number
}

/**
 * The linear layers that ran on all tokens, over all micro-batches. Those of the [CLS] tokens alone are half a percent of the
 * work, and too short to be measured from outside: they count as the rest.
 */
export function productsOf(
  runs: readonly GraphRun[],
  batches: readonly MicroBatch[],
  dtype: keyof typeof linearOperators,
): Products[] {
  const known = new Map<string, Products>()
  for (const [index, { nodes }] of runs.entries())
    for (const { operator, inputs: read, outputs: given, ms } of nodes) {
      if (operator !== linearOperators[dtype]) continue
      // [rows, longest, channels], or [tokens, channels].
      const [tokens, inputs] = [product(read[0]?.slice(0, -1)), read[0]?.at(-1) ?? 0]
      const outputs = given[0]?.at(-1) ?? 0
      if (tokens === batches[index]?.rows) continue
      const name = `${inputs} x ${outputs}`
      const products = known.get(name) ?? {
        name,
        inputs,
        outputs,
        runs: batches.map(() => ({ tokens, times: 0 })),
        graphMs: 0,
      }
      known.set(name, products)
      products.runs[index] = { tokens, times: (products.runs[index]?.times ?? 0) + 1 }
      products.graphMs += ms
    }
  return [...known.values()]
}

const product = (sizes: readonly number[] = []) => sizes.reduce((all, size) => all * size, 1)

/** Operations of products, in 10^9: a multiply-add is two. */
export function gigaOps({ inputs, outputs, runs }: Products): number {
  return runs.reduce((sum, { tokens, times }) => sum + 2e-9 * tokens * times * inputs * outputs, 0)
}

const EMPTY = { inputs: 16, outputs: 16 }
const EMPTY_RUNS = 300

/** Products in sessions of their own, ready to be measured. */
export interface OpenProducts {
  /** Runs each as often as the graph does; seconds of each, in order, without those of calling a session. */
  measure(): Promise<number[]>
  close(): Promise<void>
}

/** Opens a session for each. */
export async function openProducts(
  all: readonly Products[],
  dtype: keyof typeof linearOperators,
): Promise<OpenProducts> {
  const empty = await openLoneProduct(dtype, EMPTY, 1)
  const opened: LoneProduct[] = []
  for (const products of all)
    opened.push(await openLoneProduct(dtype, products, Math.max(...products.runs.map(({ tokens }) => tokens))))
  return {
    async measure() {
      const callSeconds = (await empty.run(1, EMPTY_RUNS)) / EMPTY_RUNS
      const seconds: number[] = []
      for (const [index, { runs }] of all.entries()) {
        const alone = opened[index] as LoneProduct
        // Its weights come back into the caches.
        await alone.run(runs[0]?.tokens ?? 1, 1)
        let sum = 0
        for (const { tokens, times } of runs) sum += (await alone.run(tokens, times)) - times * callSeconds
        seconds.push(sum)
      }
      return seconds
    },
    async close() {
      for (const one of [empty, ...opened]) await one.close()
    },
  }
}
