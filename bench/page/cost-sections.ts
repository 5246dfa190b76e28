import { median, quantile, showCount } from "../harness.ts"
import { draw } from "./draw.ts"
import type { Figures } from "./figures.ts"
import { table } from "./markdown.ts"
import { type Line, lines } from "./plots.ts"

/** How cost grows with texts, with their length, and with device children. */
export async function growthSection(
  { texts, lexicon, tokens, children }: Figures["growth"],
  folder: string,
): Promise<string> {
  const byTexts = await draw(
    folder,
    "growth-texts",
    "Texts a second by the number of texts in a call",
    lines(
      [
        {
          name: "int8",
          colour: "accent",
          points: texts.map(({ texts, seconds }) => ({ x: texts, y: texts / seconds })),
        },
      ],
      { x: "texts in a call", y: "texts a second", xTicks: texts.map(({ texts }) => texts), points: true },
    ),
  )
  const byTokens = await draw(
    folder,
    "growth-tokens",
    "Microseconds a token by the tokens of a text",
    lines(
      [
        {
          name: "int8",
          colour: "accent",
          points: tokens.map(({ tokens, tokenMicroseconds }) => ({ x: tokens, y: tokenMicroseconds })),
        },
      ],
      { x: "tokens in a text", y: "µs a token", xTicks: tokens.map(({ tokens }) => tokens), points: true },
    ),
  )
  const [one] = children
  return `## How cost grows
\`\`\`sh
npm run bench -- --only growth --texts dev.tsv
\`\`\`

${byTexts}

**With texts.** A call of one text waits for one micro-batch, on one child. From some hundred texts on, all children have two micro-batches each, texts are sorted by length among those that
wait, and time grows with the number of texts: a corpus of any size is labelled at the rate on the right.${millionText(lexicon)}

${byTokens}

**With tokens.** Short texts cost more a token: two of their tokens are special ones, and each text has a share in a head, a result and a message. Long ones do again, because attention
compares each token with every other of its text, which grows with the square of the length; everything else grows with the length alone.

${table(
  ["tokens in a text", "ms a text", "µs a token"],
  tokens.map(({ tokens, textMs, tokenMicroseconds }) => [tokens, textMs.toFixed(3), tokenMicroseconds.toFixed(1)]),
)}

**With device children.** One for each core, each with one thread. The main process tokenises, sorts and writes on the same cores, and children share cache and memory, so that twice the children
are less than twice the rate:

${table(
  ["device children", "texts/s", "times one"],
  children.map(({ count, textsPerSecond }) => [
    count,
    showCount(textsPerSecond),
    (textsPerSecond / (one?.textsPerSecond ?? 1)).toFixed(2),
  ]),
)}
`
}

/** That a call of a million texts takes its share of time too. */
function millionText(rows: Figures["growth"]["lexicon"]): string {
  const [few, most] = [rows?.find(({ texts }) => texts === 10_000), rows?.at(-1)]
  if (few === undefined || most === undefined) return ""
  const rate = ({ texts, seconds }: { texts: number; seconds: number }) => showCount(texts / seconds)
  return ` ${showCount(most.texts)} texts in one call would take the model a quarter of an hour; the lexicon labels them in
${most.seconds.toFixed(1)} s, ${rate(most)} texts/s, next to ${rate(few)} with ${showCount(few.texts)}.`
}

/** Texts a second by token budget, a line for each number of children. */
export async function tokenBudgetSection(
  { figures, padding, arrangements }: Figures["token-budget"],
  folder: string,
): Promise<string> {
  const points = Object.entries(figures).map(([name, rates]) => {
    const [children, budget] = name.split(" x ").map(Number) as [number, number]
    return { children, budget, rate: median(rates) }
  })
  const counts = [...new Set(points.map(({ children }) => children))]
  const budgets = [...new Set(points.map(({ budget }) => budget))]
  const colours = ["second", "accent", "plain"] as const
  const rows = counts.map(
    (count, index): Line => ({
      name: count === 1 ? "1 child" : `${count} children`,
      colour: colours[index % colours.length] as Line["colour"],
      points: points.filter(({ children }) => children === count).map(({ budget, rate }) => ({ x: budget, y: rate })),
    }),
  )
  const best = points.reduce((best, point) => (point.rate > best.rate ? point : best))
  const plot = await draw(
    folder,
    "token-budget",
    "Texts a second by the token budget of a micro-batch",
    lines(rows, { x: "tokens in a micro-batch, at most", y: "texts a second", xTicks: budgets, points: true }),
  )
  const share = (of: number) => `${(100 * of).toFixed(1)} %`
  const paddings =
    padding === undefined || arrangements === undefined
      ? ""
      : `\n${table(
          ["padding, of the texts' tokens", ...budgets.map(showCount)],
          counts.map(count => [
            `Valence, ${count} ${count === 1 ? "child" : "children"}, by budget`,
            ...budgets.map(budget => share(padding[`${count} x ${budget}`] ?? 0)),
          ]),
        )}

A caller's batches of 32 are padded by **${share(arrangements["as they come"])}** as the texts come, and by ${share(arrangements.sorted)} where all texts are sorted first, which takes all of them at hand. Valence's micro-batches
are cut, around the text that has waited longest, from neighbours in length among those that wait, some thousands at most: order of arrival decides who goes next, length who goes along.\n`
  return `## Batching
\`\`\`sh
npm run bench -- --only token-budget --texts dev.tsv
\`\`\`

${plot}

Best here: ${best.budget} with ${best.children} ${best.children === 1 ? "child" : "children"}. A micro-batch that is too small pays for its start more often; one that is too large needs more memory at a time,
and with few texts to choose from leaves a child without work at the end. A large budget also makes a single text wait longer behind bulk work. \`valence tune\` measures which suits a machine.
${paddings}`
}

/** How long single texts take beside a bulk run. */
export async function fairnessSection(
  { latencyPercentiles: { idle, busy }, ratio }: Figures["fairness"],
  folder: string,
): Promise<string> {
  const cumulative = (percentiles: readonly number[]) => percentiles.map((ms, percent) => ({ x: ms, y: percent }))
  const most = quantile(busy, 1)
  const ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
  const least = Math.min(quantile(idle, 0), quantile(busy, 0))
  const xTicks = ticks.filter((_, index) => (ticks[index + 1] ?? 0) > least && (ticks[index - 1] ?? 0) < most)
  const plot = await draw(
    folder,
    "fairness",
    "Share of single texts that are labelled within a time, while idle and beside a bulk run",
    lines(
      [
        { name: "worker idle", colour: "second", points: cumulative(idle), label: { at: 70, side: "left" } },
        {
          name: "bulk run beside",
          colour: "accent",
          points: cumulative(busy),
          label: { at: 50, side: "right" },
        },
      ],
      { x: "ms from label() to the result, through Redis", y: "% of the texts", xTicks, points: false },
    ),
  )
  const row = (name: string, values: readonly number[]) => [
    name,
    ...[0.5, 0.9, 0.99].map(at => quantile(values, at).toFixed(1)),
  ]
  return `## Fairness
\`\`\`sh
npm run bench -- --only fairness --texts dev.tsv
\`\`\`

${plot}

${table(["ms", "p50", "p90", "p99"], [row("worker idle", idle), row("while a bulk run saturates it", busy)])}

p99 beside a bulk run is ${ratio.median.toFixed(2)} times (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}) the idle one. Single texts have a queue and a lane of their own and go before bulk texts everywhere; what they wait for is the micro-batch that a
child is in the middle of, and a core that all of them share with Redis, worker and producer.
`
}
