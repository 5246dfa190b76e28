import { basename } from "node:path"
import { sum } from "../../src/sum.ts"
import { median, printTable, quantile, showCount } from "../harness.ts"
import { GpuSampler } from "./gpu-sampler.ts"
import { labelsOf, openOnDevice } from "./open.ts"
import { type GpuDtype, type GpuSetup, smiName } from "./setup.ts"

/** Texts that are labelled one after the other, for their time. */
const singles = 200

/** How fast a device was with a setting. */
export interface Speed {
  readonly model: string
  readonly dtype: GpuDtype
  readonly budget: number
  /** Each round's, of short texts. */
  readonly textsPerSecond: readonly number[]
  /** Of texts of 4 to 380 words, padding not counted. */
  readonly tokensPerSecond: number
  /** The share of the time that the child was inside `session.run()`, percent. */
  readonly inSession: number
  /** By `nvidia-smi`, percent. */
  readonly busy: number | undefined
  readonly mostMiB: number | undefined
  /** CPU time of this process for a text, µs: tokenising, batches and results. */
  readonly hostUs: number
  /** Of a text that comes alone, ms. */
  readonly alone: { readonly p50: number; readonly p99: number }
  /** The same while a bulk run fills the device. */
  readonly besideBulk: { readonly p50: number; readonly p99: number }
}

type Labels = Awaited<ReturnType<typeof openOnDevice>>

/** Times of texts that are labelled one after the other, until there are enough or `isOver`. */
async function timeSingles(labeller: Labels, texts: readonly string[], isOver = () => false) {
  const timesMs: number[] = []
  for (const text of texts.slice(0, singles)) {
    const startMs = performance.now()
    await labeller.label([text])
    timesMs.push(performance.now() - startMs)
    if (isOver()) break
  }
  return { p50: quantile(timesMs, 0.5), p99: quantile(timesMs, 0.99) }
}

async function timeBesideBulk(labeller: Labels, texts: readonly string[]) {
  let isOver = false
  const bulk = labelsOf(labeller, texts).finally(() => {
    isOver = true
  })
  const times = await timeSingles(labeller, texts, () => isOver)
  await bulk
  return times
}

/** Measures one setting: all rounds one after the other, after a first that does not count. */
async function measureSetting(setup: GpuSetup, model: string, dtype: GpuDtype, budget: number): Promise<Speed> {
  await using labeller = await openOnDevice(setup, { model, dtype, maxBatchTokens: budget })
  const { texts, mixedTexts } = setup
  await labelsOf(labeller, texts)
  const sampler = setup.isCpu ? undefined : new GpuSampler(smiName(setup.device))
  const [startMs, cpuBefore, runMsBefore] = [performance.now(), process.cpuUsage(), labeller.stats.runMs]
  const seconds: number[] = []
  for (let round = 0; round < setup.rounds; round++) {
    const roundMs = performance.now()
    await labelsOf(labeller, texts)
    seconds.push((performance.now() - roundMs) / 1000)
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  const use = sampler?.useSince(startMs)
  const inSession = (100 * (labeller.stats.runMs - runMsBefore)) / (1000 * sum(seconds))
  const [mixedMs, tokensBefore] = [performance.now(), labeller.stats.tokens]
  await labelsOf(labeller, mixedTexts)
  const tokensPerSecond = (1000 * (labeller.stats.tokens - tokensBefore)) / (performance.now() - mixedMs)
  const alone = await timeSingles(labeller, texts)
  const besideBulk = await timeBesideBulk(labeller, texts)
  sampler?.stop()
  return {
    ...{ model: basename(model), dtype, budget, tokensPerSecond, inSession, alone, besideBulk },
    textsPerSecond: seconds.map(one => texts.length / one),
    ...{ busy: use?.busy, mostMiB: use?.mostMiB },
    hostUs: (user + system) / (setup.rounds * texts.length),
  }
}

const percent = (share: number | undefined) => (share === undefined ? "-" : `${share.toFixed(0)} %`)
const times = ({ p50, p99 }: Speed["alone"]) => `${p50.toFixed(1)} / ${p99.toFixed(1)}`

/** Texts/s, times of single texts and use of the GPU, for each model, dtype and token budget. */
export async function measureSpeed(setup: GpuSetup): Promise<Speed[]> {
  const found: Speed[] = []
  for (const model of setup.models)
    for (const dtype of setup.dtypes)
      for (const budget of setup.budgets) found.push(await measureSetting(setup, model, dtype, budget))
  printTable(
    [
      ...["model, dtype, budget", "texts/s", "tokens/s, mixed", "in session", "GPU busy", "GPU MiB", "host µs a text"],
      ...["alone p50 / p99 ms", "beside bulk p50 / p99 ms"],
    ],
    found.map(one => [
      `${one.model} ${one.dtype} ${one.budget}`,
      ...[showCount(median(one.textsPerSecond)), showCount(one.tokensPerSecond), percent(one.inSession)],
      ...[percent(one.busy), one.mostMiB ?? "-", one.hostUs.toFixed(0), times(one.alone), times(one.besideBulk)],
    ]),
  )
  return found
}
