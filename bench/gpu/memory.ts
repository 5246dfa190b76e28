import { printBar } from "../harness.ts"
import { GpuSampler, residentMiB } from "./gpu-sampler.ts"
import { labelsOf, openOnDevice } from "./open.ts"
import { type GpuDtype, type GpuSetup, Lacking, smiName } from "./setup.ts"

/** The last third may hold as many times the memory of the first; a child on the CPU has a heap that grows in its first seconds. */
const most = { gpu: 1.02, cpu: 1.3 }
const textsAtOnce = 2000

/** A number of texts, each of a random length: 1 to 600 words, more than a model takes. */
function randomTexts(count: number): string[] {
  const words = () => Array.from({ length: 1 + Math.floor(600 * Math.random() ** 2) }, () => "word")
  return Array.from({ length: count }, () => words().join(" "))
}

/** Memory of the device while texts of random lengths are labelled: it must not grow. */
export async function watchMemory(setup: GpuSetup) {
  const model = setup.models[0] as string
  await using labeller = await openOnDevice(setup, { model, dtype: setup.dtypes[0] as GpuDtype })
  const sampler = setup.isCpu ? undefined : new GpuSampler(smiName(setup.device))
  const mib: number[] = []
  const endMs = performance.now() + 60_000 * setup.minutes
  while (performance.now() < endMs) {
    const startMs = performance.now()
    await labelsOf(labeller, randomTexts(setup.isCpu ? 20 : textsAtOnce))
    const now = sampler ? sampler.useSince(startMs)?.mostMiB : residentMiB(labeller.devicePids)
    if (now !== undefined) mib.push(now)
  }
  sampler?.stop()
  if (mib.length < 3) throw new Lacking("nvidia-smi gave no figures, or --minutes was too short")
  const third = Math.floor(mib.length / 3)
  const [first, last] = [Math.max(...mib.slice(0, third)), Math.max(...mib.slice(-third))] as const
  const runs = labeller.stats.microBatches
  const shown = `${(last / first).toFixed(3)}, ${first.toFixed(0)} and ${last.toFixed(0)} MiB, ${runs} micro-batches in ${setup.minutes} minutes`
  printBar("memory of the last third / of the first", last / first, "<=", setup.isCpu ? most.cpu : most.gpu, shown)
  return { first, last, mib }
}
