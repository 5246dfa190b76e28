import { median, showCount } from "../harness.ts"
import type { Figures } from "./figures.ts"
import { table } from "./markdown.ts"

const SECONDS_A_DAY = 86_400

/** What one core, one worker and one Redis do in a day. */
export function capacitySection({
  growth,
  fleet,
  queue,
}: {
  readonly [N in "growth" | "fleet" | "queue"]: Figures[N] | undefined
}): string {
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
export function footprintSection({
  startUp,
  memory,
  processes,
}: {
  readonly startUp: Figures["start-up"] | undefined
  readonly memory: Figures["memory"] | undefined
  readonly processes: Figures["process-memory"] | undefined
}): string {
  const started = Object.entries(startUp?.figures ?? {}).map(([name, seconds]) => [
    name,
    median(seconds).toFixed(2),
    startUp?.peakMiB?.[name]?.toFixed(0) ?? "-",
  ])
  const held = memory?.rows.map(({ rows, peakMiB }) => [showCount(rows), peakMiB.toFixed(0)])
  const kept = processes?.rows.map(({ what, processes, privateMiB, pssMiB }) => [
    what,
    processes,
    privateMiB.toFixed(0),
    pssMiB.toFixed(0),
  ])
  return `## Start-up and memory
\`\`\`sh
npm run bench -- --only start-up,process-memory,memory
\`\`\`

${started.length === 0 ? "" : table(["a process that labels one text", "seconds", "peak with its children, MiB"], started)}

${
  kept === undefined
    ? ""
    : `${table(["at its peak, MiB", "processes", "of its own", "with its share of what is shared"], kept)}

What is of its own cannot be taken back by the system. What is shared is the program, its libraries and the weights, which device children on a CPU map from the graph's file: the system has them once, however many children there are.`
}

${held === undefined ? "" : table(["rows of `valence label`", "peak of the main process, MiB"], held)}

A run over a file holds what is under way, not the file. Each device child holds the packed weights of its products, and what its largest micro-batch needs.
`
}

/** How long a text takes in fp32, next to the best peer. */
export function singleTextLoss({ quantiles }: Figures["single-text"]): string {
  const p50 = (name: RegExp) =>
    Math.min(...quantiles.filter(one => name.test(one.name) && one.dtype === "fp32").map(one => one.p50))
  return `In fp32, p50 of Valence is ${p50(/^Valence$/).toFixed(1)} ms, and of the best peer ${p50(/^(?!Valence$)/).toFixed(1)} ms.\n`
}

/** What is lost, and why. */
export const lossesSection = `## What Valence loses at
- **The first texts that come alone.** One device child has one thread; the child that gives a text all cores starts after eight micro-batches that came alone, and the library tokenises the first 160 texts. In fp32, and if other work on the
  machine takes cores away, a peer that does everything in one process can be faster.
- **A process for one text.** \`valence classify\` starts a second process for the device. If a process lives for one text, transformers.js can be done sooner: see start-up on the page of a kind of CPU.
- **Processes.** Each text goes to a device child and comes back as a message. That is noticeable with single texts of a few tokens, and not with others.
- **Half precision on CPUs with AMX.** bfloat16 in PyTorch and OpenVINO comes nearest to int8 there. Valence has int8 and fp32 on CPUs; its fp32 is slower than that.
- **fp32.** Most of its time is matrix products, which onnxruntime does for its peers too. What is left to gain is padding, the order of texts, and the last layer.
- **Memory.** Each child has packed weights of its own, and there is one more child when texts come alone; a peer with threads has one copy.
- **Other models.** The families of [models.md](reference/models.md) get Valence's own graph. Any other model runs as it was exported, and gains from batches and sorting alone.
`

/** How to choose. */
export const choicesSection = `## How to choose
- **dtype.** \`int8\` on a CPU, unless scores have to be those of the checkpoint: then \`fp32\`. On a GPU \`fp16\`, which \`auto\` takes. A lexicon if a text may cost only microseconds.
- **device.** \`auto\`: a child for each core that the process is granted. Fewer (\`cpu:N\`) if the cores have other work; more than one per core gain nothing. See [devices.md](devices.md).
- **Batch budget.** The default, 512 tokens on a CPU. Measure with \`valence tune\` if the model is larger or the cache is unusual; raise it for throughput on a GPU; lower it if single texts
  wait too long behind bulk work.
- **Number of workers.** One for each machine, with all of its cores: children share a tokeniser, a queue and connections. Divide the texts a day that you need by a worker's in the table of capacity on the page of your kind of CPU, and add half as many
  again for a day that is not even. Scale by \`valence_desired_workers\`. Put Redis and producers on other cores if a worker should have all of its own.
`
