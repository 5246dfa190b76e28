import { median, showCount } from "../harness.ts"
import type { Figures } from "./figures.ts"
import { table } from "./markdown.ts"

/** The benches of the queue, each of which may not have been asked. */
export type QueueFigures = {
  readonly [N in "queue" | "queue-shapes" | "replies" | "redis-memory"]: Figures[N] | undefined
}

const showRatio = ({ median, min, max }: { median: number; min: number; max: number }) =>
  `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`

function besideBare({ figures, bulkRatio, singleRatio }: Figures["queue"]): string {
  const rate = (name: string) => showCount(median(figures[name] ?? []))
  return table(
    ["labels that cost nothing, texts/s", "Valence's worker", "a bare worker of BullMQ", "ratio"],
    [
      ["bulk, 256 texts a job", rate("bulk"), rate("bareBulk"), showRatio(bulkRatio)],
      ["a job for each text", rate("single"), rate("bareSingle"), showRatio(singleRatio)],
    ],
  )
}

/** `texts per job 8` becomes a row of the table for texts per job. */
function shapesTables({ shapes }: Figures["queue-shapes"]): string {
  const tables = [
    ["texts per job", "texts in a bulk job, 8 jobs at a time"],
    ["concurrency", "jobs of one text at a time"],
    ["workers", "workers on the same two cores"],
  ] as const
  return tables
    .map(([prefix, title]) => {
      const rows = shapes.filter(({ name }) => name.startsWith(prefix))
      return table(
        [title, "texts/s"],
        rows.map(({ name, textsPerSecond }) => [name.slice(prefix.length + 1), showCount(textsPerSecond)]),
      )
    })
    .join("\n\n")
}

function repliesTable({ figures }: Figures["replies"]): string {
  const kinds = [
    ["valence", "Valence: a channel for each producer"],
    ["events", "BullMQ's QueueEvents"],
    ["channel", "bare BullMQ, a channel for each producer"],
    ["stream", "bare BullMQ, a stream for each producer"],
  ] as const
  const us = (name: string) => showCount(median(figures[name] ?? []))
  return table(
    ["a producer's CPU for a text of its own, µs", "alone", "beside 20 others"],
    kinds.map(([kind, name]) => [name, us(`${kind}Alone`), us(`${kind}Beside`)]),
  )
}

/** What the queue carries, by the shape of its jobs, and what it costs producers and Redis. */
export function queueSection(of: QueueFigures): string[] {
  const { queue, replies } = of
  const [shapes, memory] = [of["queue-shapes"], of["redis-memory"]]
  const parts = [
    ...(queue === undefined ? [] : [besideBare(queue)]),
    ...(shapes === undefined
      ? []
      : [
          shapesTables(shapes),
          "A job costs Redis and its worker about as much whether it holds one text or some dozens; with hundreds, what its texts weigh shows. One at a time, a job waits for Redis to answer; from some\ndozens at a time, Redis's answers come together. A second worker gains little if it shares the cores with Redis and the first, and single texts lose: it gains if it has a machine of its own.",
        ]),
    ...(replies === undefined
      ? []
      : [
          repliesTable(replies),
          "Each producer is told of its own results alone. Where all listen to all, as with QueueEvents, each pays for everybody's.",
        ]),
    ...(memory === undefined
      ? []
      : [
          `A run of ${showCount(memory.rows)} rows through Redis, at ${showCount(memory.rowsPerSecond)} rows/s with a lexicon, held ${memory.mostMiB.toFixed(0)} MiB in it at most; medians of the run's thirds: ${memory.thirdsMiB.map(one => one.toFixed(0)).join(", ")} MiB.`,
        ]),
  ]
  if (parts.length === 0) return []
  return [
    `## Queue
\`\`\`sh
npm run bench -- --only queue,queue-shapes,replies,redis-memory
\`\`\`

${parts.join("\n\n")}
`,
  ]
}
