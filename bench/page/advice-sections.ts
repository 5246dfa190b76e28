import { median, showCount } from "../harness.ts"
import type { Figures } from "./figures.ts"
import { table } from "./markdown.ts"

const SECONDS_A_DAY = 86_400

/** What one core, one worker and one Redis do in a day. */
export function capacitySection({
  growth,
  fleet,
  queue,
}: Partial<Pick<Figures, "growth" | "fleet" | "queue">>): string {
  const rates: [string, number | undefined][] = [
    ["one core, one device child", growth?.children[0]?.textsPerSecond],
    [`one process, ${growth?.children.at(-1)?.count} cores`, growth?.children.at(-1)?.textsPerSecond],
    ["one worker on the same cores, with Redis and producer beside it", rateOf(fleet, "fleet")],
    ["one Redis, bulk jobs of 256 texts", rateOf(queue, "bulk")],
    ["one Redis, a job for each text", rateOf(queue, "single")],
  ]
  const rows = rates.flatMap(([what, rate]) =>
    rate === undefined ? [] : [[what, showCount(rate), millions(rate * SECONDS_A_DAY)]],
  )
  const [worker, redis] = [rateOf(fleet, "fleet"), rateOf(queue, "bulk")]
  const workers =
    worker === undefined || redis === undefined
      ? ""
      : `\nWhat Redis can pass on is ${showCount(redis / worker)} times what one such worker labels: workers are what a fleet is short of, long before Redis.\n`
  return `## Capacity
${table(["what", "texts/s", "million texts a day"], rows)}
${workers}
Of texts with 25 tokens on average, int8. Up to some 64 tokens, twice the tokens are about half the texts; with longer texts fewer: see above.
`
}

function rateOf(measured: { figures: Readonly<Record<string, readonly number[]>> } | undefined, name: string) {
  const figures = measured?.figures[name]
  return figures === undefined ? undefined : median(figures)
}

const millions = (texts: number) => (texts / 1e6).toLocaleString("en", { maximumFractionDigits: texts < 1e8 ? 1 : 0 })

/** Start-up and memory. */
export function footprintSection(startUp: Figures["start-up"] | undefined, memory: Figures["memory"] | undefined) {
  const started = Object.entries(startUp?.figures ?? {}).map(([name, seconds]) => [
    name,
    median(seconds).toFixed(2),
    startUp?.peakMiB?.[name]?.toFixed(0) ?? "-",
  ])
  const held = memory?.rows.map(({ rows, peakMiB }) => [showCount(rows), peakMiB.toFixed(0)])
  return `## Start-up and memory
\`\`\`sh
npm run bench -- --only start-up,memory
\`\`\`

${started.length === 0 ? "" : table(["a process that labels one text", "seconds", "peak with its children, MiB"], started)}

${held === undefined ? "" : table(["rows of `valence label`", "peak of the main process, MiB"], held)}

A run over a file holds what is under way, not the file. Each device child holds the graph once more, and what its largest micro-batch needs.
`
}

/** What is lost, and why. */
export function lossesSection(single: Figures["single-text"] | undefined): string {
  const p50 = (name: RegExp, dtype: string) =>
    Math.min(...(single?.quantiles ?? []).filter(one => name.test(one.name) && one.dtype === dtype).map(one => one.p50))
  const compared =
    single === undefined
      ? ""
      : ` Here its p50 is ${p50(/^Valence$/, "fp32").toFixed(1)} ms in fp32, and the best peer's ${p50(/^(?!Valence$)/, "fp32").toFixed(1)}.`
  return `## What Valence loses at
- **The first texts that come alone.** One device child has one thread; the child that gives a text all cores is started after eight micro-batches that came alone, and the library tokenises the first 160 texts. In fp32, and where the other work of the
  machine takes cores away, a peer that does all in one process can be quicker.${compared}
- **A process for one text.** \`valence classify\` starts a second process for the device; where a process lives for one text, transformers.js can be through sooner: see the table above.
- **Processes.** Each text goes to a device child and comes back as a message. With single texts of a few tokens that is felt, with others it is not.
- **Half precision on CPUs with AMX.** PyTorch's bfloat16 comes nearest to int8 there. Valence has int8 and fp32 on CPUs; its fp32 is slower than that.
- **fp32.** Most of its time are matrix products that onnxruntime does for its peers too. What is left to gain are padding, the order of texts, and the last layer.
- **Memory.** A graph for each child, and one more where texts come alone; a peer with threads has one.
- **Other models.** The families of [models.md](reference/models.md) get Valence's own graph; anything else runs as somebody exported it, and then batches and sorting are all that is gained.
`
}

/** How to choose. */
export const choicesSection = `## How to choose
- **dtype.** \`int8\` on a CPU, unless scores have to be those of the checkpoint: then \`fp32\`. On a GPU \`fp16\`, which \`auto\` takes. A lexicon where a text may cost a microsecond and no more.
- **device.** \`auto\`: a child for each core that the process is granted. Fewer (\`cpu:N\`) where the cores have other work; more than there are cores have nothing to run on. See [devices.md](devices.md).
- **Batch budget.** The default, 512 tokens on a CPU. Measure with \`valence tune\` where the model is larger or the cache is unusual; raise it for throughput on a GPU; lower it where single texts
  wait too long behind bulk work.
- **Number of workers.** One for each machine, with all of its cores: children share a tokeniser, a queue and connections. Texts a day that are wanted, divided by a worker's in the table above, and half as many
  again for a day that is not even. Scale by \`valence_backlog_seconds\`. Put Redis and producers on other cores where a worker shall have all of its own.
`
