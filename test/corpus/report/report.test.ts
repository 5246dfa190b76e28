import { createHash } from "node:crypto"
import { parseHTML } from "linkedom"
import { describe, expect, test } from "vitest"
import { binLengths, binScores, binSpeeds, openScore } from "../../../src/corpus/report/bins.ts"
import {
  formatCount,
  formatDuration,
  formatScore,
  formatShare,
  formatShort,
  formatSpeed,
} from "../../../src/corpus/report/format.ts"
import { escapeHtml, html, visible } from "../../../src/corpus/report/html.ts"
import { drawLabels } from "../../../src/corpus/report/labels.ts"
import { renderReport } from "../../../src/corpus/report/report.ts"
import type { ReportData } from "../../../src/corpus/report/report-data.ts"
import { type RunSummary, summarise } from "../../../src/corpus/run/summary.ts"
import { countLabelled, countThroughput, emptyTally, type Tally } from "../../../src/corpus/run/tally.ts"
import type { Labelled } from "../../../src/labeller.ts"

interface GivenRow extends Partial<Labelled> {
  readonly text?: string
}

function tallyOf(rows: readonly GivenRow[], elapsedMs = 2000): Tally {
  const tally = emptyTally()
  rows.forEach(({ text = "a text", label = "POSITIVE", score = 0.9, tokens = 7, truncated = false }, index) => {
    countLabelled(tally, index + 1, text, label, { label, score, tokens, truncated, windows: 1 })
  })
  if (rows.length > 0) countThroughput(tally, elapsedMs / 2, rows.length)
  tally.elapsedMs = elapsedMs
  return tally
}

/** 24 chunks of 256 rows at one speed. */
function longRun(): Tally {
  const rows = Array.from({ length: 24 * 256 }, (_, index) => ({ label: index % 6 === 0 ? "NEGATIVE" : "POSITIVE" }))
  const tally = tallyOf(rows, 24_000)
  tally.throughput = { intervalMs: 100, rows: [] }
  for (let chunk = 1; chunk <= 24; chunk++) countThroughput(tally, chunk * 1000 - 500, 256)
  return tally
}

const defaultOptions = {
  quotes: "csv",
  maxRowBytes: 16 * 1024 * 1024,
  chunkTexts: 256,
  function: null,
  maxLength: null,
  minScore: null,
}

function dataOf(tally: Tally, summary: Partial<RunSummary> = {}, options: ReportData["options"] = {}): ReportData {
  return {
    tally,
    options: { ...defaultOptions, ...options },
    summary: {
      run: "0123456789ab",
      input: "/data/reviews.csv",
      output: "/data/reviews.labelled.csv",
      errors: undefined,
      report: "/data/report.html",
      model: { name: "sentiment-small", revision: "d326e8970ada", dtype: "int8" },
      column: "review_text",
      added: ["label", "score"],
      ...summarise(tally),
      notes: [],
      interrupted: false,
      resumedRows: 0,
      alreadyDone: false,
      ...summary,
    },
  }
}

async function pageOf(...given: Parameters<typeof dataOf>) {
  const page = await renderReport(dataOf(...given))
  const { document } = parseHTML(page)
  const all = (selector: string) => [...document.querySelectorAll(selector)]
  const texts = (selector: string) => all(selector).map(element => (element.textContent ?? "").trim())
  const facts = () => {
    const values = texts(".facts dd")
    return Object.fromEntries(texts(".facts dt").map((name, index) => [name, values[index]]))
  }
  const table = (section: string) =>
    all(`.${section} tbody tr`).map(row => [...row.children].map(cell => cell.textContent))
  return { page, all, texts, facts, table }
}

const hostile = [
  "<script>alert(1)</script>",
  `"><img src=x onerror='alert(1)'>`,
  "</td></table><style>*{display:none}</style>",
  "\u202egnp.exe\u202c \u2066isolated\u2069",
  "half \ud83d of a pair, \udc00 and its other half",
  "a\0b\u001b[31mred\u007f\u0085",
  "&amp; &lt;b&gt; ]]> <!-- ",
]

describe("renderReport - safety", () => {
  const rows = hostile.map((text, index) => ({ text, label: index % 2 ? text : "POSITIVE", score: 0.5 + index / 100 }))
  const page = pageOf(tallyOf(rows), {
    input: `/data/${hostile[1]}`,
    output: hostile[0] as string,
    column: hostile[2] as string,
    model: { name: hostile[0] as string, revision: hostile[1] as string, dtype: "int8" },
  })

  test("texts, labels, names and paths are text wherever they stand", async () => {
    const { all, texts } = await page
    expect(all("script, img, iframe, object, embed, link, form, base, a, image, use, foreignObject")).toEqual([])
    expect(all("style")).toHaveLength(1)
    expect(texts(".unsure td.text")).toEqual([
      hostile[0],
      hostile[1],
      hostile[2],
      "⟨U+202E⟩gnp.exe⟨U+202C⟩ ⟨U+2066⟩isolated⟨U+2069⟩",
      "half \ufffd of a pair, \ufffd and its other half",
      "a⟨U+0000⟩b⟨U+001B⟩[31mred⟨U+007F⟩⟨U+0085⟩",
      hostile[6]?.trim(),
    ])
  })

  test("no attribute runs, styles or loads anything", async () => {
    const { all } = await page
    const names = new Set(all("*").flatMap(element => [...element.attributes].map(({ name }) => name)))
    expect([...names].filter(name => /^on|^style$|src|href|^action$|^ping$|^background$/i.test(name))).toEqual([])
  })

  test("no host is named but for the namespace of SVG, and the file is UTF-8", async () => {
    const { page: text } = await page
    expect(text.match(/\burl\(|@import|https?:\/\/(?!www\.w3\.org\/)[^\s"<]+/g)).toBeNull()
    expect(text.isWellFormed()).toBe(true)
    expect(text).toMatch(
      /^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy"/,
    )
  })

  test("the policy allows this one style sheet, by its digest, and nothing else", async () => {
    const { page: text, all } = await page
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? ""
    const digest = createHash("sha256").update(style).digest("base64")
    expect(all('meta[http-equiv="Content-Security-Policy"]')[0]?.getAttribute("content")).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`,
    )
  })
})

describe("renderReport - facts", () => {
  test("how certain the model was, if scores are probabilities", async () => {
    const tally = tallyOf([{ score: 0.69 }, { score: 0.7 }, { score: 0.55, label: "NEGATIVE" }, { score: 1 }])
    expect((await pageOf(tally)).texts("header + p")).toEqual([
      "The mean score is 0.7350; 50.0% of the labels have a score below 0.7000: these are the least certain.",
    ])
    const logits = tallyOf([{ score: 4 }, { score: -2 }])
    expect((await pageOf(logits)).texts("header + p")).toEqual([])
  })

  test("texts that the model hardly knows", async () => {
    const { texts } = await pageOf(tallyOf([{}, { unfamiliar: true }]), { unfamiliar: 1 })
    expect(texts(".notice")).toEqual([
      "1 of 2 rows are in characters or a language that the model hardly knows: do not rely on their labels.",
    ])
  })

  test("what was run, on what, with what", async () => {
    const { facts, texts } = await pageOf(
      tallyOf([{ tokens: 5 }, { tokens: 9, truncated: true, label: "UNCERTAIN", score: 0.5 }], 1000),
      { failed: 1, rows: 3, errors: "/data/reviews.labelled.csv.errors.jsonl", resumedRows: 2, uncertain: 1 },
    )
    expect(texts("h1")).toEqual(["reviews.csv"])
    expect(texts("head title")).toEqual(["reviews.csv, labelled by sentiment-small · Valence"])
    expect(texts(".lead")).toEqual(["2 rows labelled by sentiment-small (int8), 50.0% of them POSITIVE."])
    expect(texts(".notice")).toEqual([
      "1 of 3 rows got no label. They are listed in /data/reviews.labelled.csv.errors.jsonl.",
    ])
    expect(texts(".tiles > div")).toEqual([
      "Labelled2of 3 rows",
      "Failed133.3% of rows",
      "Truncated150.0% of labelled",
      "Tokens147 a text",
      "Texts a second2on average",
      "Elapsed1 sall starts together",
    ])
    expect(facts()).toEqual({
      Input: "/data/reviews.csv",
      Output: "/data/reviews.labelled.csv",
      "Rows without a label": "/data/reviews.labelled.csv.errors.jsonl",
      Model: "sentiment-small",
      Revision: "d326e8970ada",
      Precision: "int8",
      "Text column": "review_text",
      "Added columns": "label, score",
      "Options changed": "none",
      Rows: "3 read, 2 labelled, 1 failed",
      Tokens: "14",
      Uncertain: "1 row",
      "Mean score": "0.7000",
      "Labelled by earlier starts": "2 rows",
    })
  })

  test("options that are not the defaults are named", async () => {
    const { facts } = await pageOf(tallyOf([{}]), {}, { minScore: 0.8, scoreFunction: "none", quotes: "none" })
    expect(facts()["Options changed"]).toBe("quotes none, minScore 0.8, scoreFunction none")
  })

  test("standard input and output are called so, and nothing is said of rows that did not fail", async () => {
    const { facts, texts } = await pageOf(tallyOf([{}]), { input: "-", output: "-" })
    expect(texts("h1")).toEqual(["Standard input"])
    expect(facts()).toMatchObject({ Input: "standard input", Output: "standard output" })
    expect(facts()).not.toHaveProperty("Rows without a label")
    expect(texts(".notice")).toEqual([])
  })
})

describe("renderReport - figures", () => {
  test("each plot is drawn for a screen and for a phone, and says in words what it shows", async () => {
    const { all } = await pageOf(longRun())
    const plots = all("figure svg").map(svg => [
      svg.getAttribute("class"),
      svg.getAttribute("role"),
      svg.getAttribute("aria-label"),
    ])
    const described = [
      "Share of each label: POSITIVE 83.3%, NEGATIVE 16.7%",
      "Histogram of scores from 0.50 to 1.00, stacked by label; the mean is 0.9000",
      "Histogram of tokens in a text: median 7, mean 7, and 95 % have at most 7",
      "Rows a second over the run: mean 256, between 256 and 256",
    ]
    expect(plots).toEqual(
      described.flatMap(text => [
        ["plot wide", "img", text],
        ["plot narrow", "img", text],
      ]),
    )
  })

  test("tables say what is in their columns and rows, and sections have headings", async () => {
    const { all, texts } = await pageOf(tallyOf([{}, { label: "NEGATIVE" }]))
    expect(all("thead th").every(cell => cell.getAttribute("scope") === "col")).toBe(true)
    expect(all("tbody tr > :first-child").every(cell => cell.getAttribute("scope") === "row")).toBe(true)
    expect(texts("h2")).toEqual(["Labels", "Scores", "Lengths", "Throughput", "Least certain texts", "About this run"])
    for (const section of all("section")) expect(all(`#${section.getAttribute("aria-labelledby")}`)).toHaveLength(1)
  })

  test("the numbers behind each plot", async () => {
    const { table } = await pageOf(
      tallyOf([{ score: 1 }, { score: 0.52, label: "NEGATIVE", tokens: 9 }, { score: 0.97 }], 2000),
    )
    expect(table("shares")).toEqual([
      ["POSITIVE", "2", "66.7%", "0.9850"],
      ["NEGATIVE", "1", "33.3%", "0.5200"],
    ])
    expect(table("scores")).toEqual([
      ["0.50 to 0.55", "0", "1"],
      ["0.95 to 1.00", "2", "0"],
    ])
    expect(table("lengths").filter(([, texts]) => texts !== "0")).toEqual([
      ["7", "2"],
      ["9", "1"],
    ])
    expect(table("speeds")).toEqual([])
  })

  test("throughput - a plot of a long run, and a figure in words of a short one", async () => {
    const long = await pageOf(longRun())
    expect(long.table("speeds")[0]).toEqual(["0 ms to 4 s", "256"])
    const short = await pageOf(tallyOf([{}, {}, {}]))
    expect(short.texts(".speeds .about")).toEqual([
      "Rows a second over 2 s: the run was too short for a plot over time",
    ])
    expect(short.texts(".in-words")).toEqual(["1.5 rows a second on average"])
    expect(short.all(".speeds svg, .speeds details")).toEqual([])
  })

  test("a bar says what it holds when it is pointed at", async () => {
    const { texts } = await pageOf(tallyOf([{ label: "<b>", score: 0.52 }]))
    expect(texts(".scores svg.wide title")).toEqual(["<b>, 0.50 to 0.55: 1"])
  })

  test("the least certain texts, by their distance from 0", async () => {
    const { table } = await pageOf(tallyOf([{ text: "sure" }, { text: "unsure", score: -0.1, label: "NEGATIVE" }]))
    expect(table("unsure")).toEqual([
      ["2", "unsure", "NEGATIVE", "−0.1000"],
      ["1", "sure", "POSITIVE", "0.9000"],
    ])
  })

  test.each([
    ["two labels", [{ score: 0.6 }, { score: 0.9, label: "NEGATIVE" }], {}, "with the score closest to 0.5"],
    ["two labels, UNCERTAIN next to them", [{ score: 0.6, label: "UNCERTAIN" }, { score: 0.9 }], {}, "closest to 0.5"],
    [
      "a score that only more labels have",
      [{ score: 0.4 }, { score: 0.9 }],
      {},
      "whose best label has the lowest score",
    ],
    [
      "three labels",
      [{ score: 0.6 }, { score: 0.9, label: "NEGATIVE" }, { score: 0.8, label: "NEUTRAL" }],
      {},
      "whose best label has the lowest score",
    ],
    ["a lexicon", [{ score: -1 }, { score: 3 }], { scoreFunction: "none" }, "with the score closest to 0,"],
  ])("the least certain texts, in words - %s", async (_, rows, options, expected) => {
    const [about = ""] = (await pageOf(tallyOf(rows), {}, options)).texts(".unsure .about")
    expect(about).toMatch(/^The \d texts /)
    expect(about).toContain(expected)
  })

  test("no labelled row - a page without plots", async () => {
    const { all, texts } = await pageOf(tallyOf([]), { failed: 2, rows: 2 })
    expect(all("svg")).toEqual([])
    expect(texts("h2")).toEqual(["Nothing to plot", "About this run"])
    expect(texts(".lead")).toEqual(["No row was labelled by sentiment-small (int8)."])
    expect(texts(".tiles .note")).toContain("none labelled")
  })

  test("one label", async () => {
    const { texts } = await pageOf(tallyOf([{}]))
    expect(texts(".lead")).toEqual(["1 row labelled by sentiment-small (int8), all POSITIVE."])
    expect(texts(".shares .about")).toEqual(["All texts have the same label"])
  })

  test("a hundred labels - the rarer ones are drawn together, and all are in the table", async () => {
    const rows = Array.from({ length: 100 }, (_, label) =>
      Array.from({ length: 100 - label }, () => ({ label: `L${label}` })),
    )
    const { all, texts, table } = await pageOf(tallyOf(rows.flat()))
    expect(table("shares")).toHaveLength(100)
    expect(texts(".legend li")).toEqual(["L0", "L1", "L2", "L3", "L4", "L5", "L6", "93 other labels"])
    expect(all(".legend .swatch").map(swatch => swatch.className.split(" ")[1])).toEqual([
      "blue",
      "vermilion",
      "green",
      "purple",
      "gold",
      "indigo",
      "wine",
      "rest",
    ])
    const [drawing] = all(".shares svg")
    expect(drawing?.getAttribute("aria-label")).toMatch(
      /^Share of each label: L0 2.0%, .*, L9 1.8%, 90 other labels 81.1%$/,
    )
    const widths = [...(drawing?.querySelectorAll("rect") ?? [])].map(bar => Number(bar.getAttribute("width")))
    expect(Math.max(...widths)).toBeLessThanOrEqual(480)
  })

  test("a lexicon - scores below 0 on their own scale", async () => {
    const rows = [{ score: -3, label: "NEGATIVE" }, { score: 0, label: "NEUTRAL" }, { score: 1 }]
    const model = { name: "mvp", revision: "r1", dtype: "lexicon" }
    const { all, table } = await pageOf(tallyOf(rows), { model })
    expect(all(".scores svg")[0]?.getAttribute("aria-label")).toContain("from −3.00 to 1.20")
    expect(table("scores").map(([score]) => score)).toEqual(["−3.00 to −2.80", "0.00 to 0.20", "1.00 to 1.20"])
  })

  test("--score-function none - scores beyond 1, and those beyond 10 in an outermost bar, which is said", async () => {
    const { all, texts } = await pageOf(tallyOf([{ score: 14 }, { score: -2 }]), {}, { scoreFunction: "none" })
    expect(texts(".scores .about")).toEqual([
      "Texts by score, 6.0000 on average; the outermost bars include all scores beyond 10 or −10",
    ])
    expect(all(".scores svg")[0]?.getAttribute("aria-label")).toContain("from −2.00 to 10.50")
  })

  test("probabilities of more than two labels - all of the scale", async () => {
    const { all } = await pageOf(tallyOf([{ score: 0.34 }, { score: 1 }]))
    expect(all(".scores svg")[0]?.getAttribute("aria-label")).toContain("from 0.00 to 1.00")
  })
})

describe("drawLabels", () => {
  const coloursOf = (...names: readonly string[]) =>
    Object.fromEntries(
      drawLabels({ labels: names.map(label => ({ label, rows: 1, share: 1, meanScore: 1 })) }).map(
        ({ name, colour }) => [name, colour],
      ),
    )

  test("sentiment has the same colours in every report, and other labels those that are left", () => {
    expect(coloursOf("NEGATIVE", "positive", "NEUTRAL", "UNCERTAIN", "MIXED")).toEqual({
      NEGATIVE: "vermilion",
      positive: "blue",
      NEUTRAL: "slate",
      UNCERTAIN: "purple",
      MIXED: "green",
    })
  })
})

describe("bins", () => {
  test("binScores - wide ranges get wider bars", () => {
    const bins = binScores(tallyOf([{ score: -4 }, { score: 5 }, { score: 5.1 }]), label => label, false)
    expect(bins).toEqual([
      { label: "POSITIVE", from: -4, to: -3.75, rows: 1 },
      { label: "POSITIVE", from: 5, to: 5.25, rows: 2 },
    ])
  })

  test("openScore - only where a score lies beyond", () => {
    expect(openScore(tallyOf([{ score: 9 }]))).toBeUndefined()
    expect(openScore(tallyOf([{ score: -30 }]))).toBe(10)
  })

  test("binLengths - a few very long texts share the last bar", () => {
    const rows = [...Array.from({ length: 999 }, (_, index) => ({ tokens: 1 + (index % 40) })), { tokens: 3000 }]
    const { bins, median, p95, openFrom } = binLengths(tallyOf(rows))
    expect({ median, p95, openFrom }).toEqual({ median: 20, p95: 38, openFrom: 50 })
    expect(bins.at(-1)).toEqual({ from: 50, to: 52, rows: 1 })
    expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(1000)
  })

  test("binLengths - no bar is open where the longest text is not far off", () => {
    expect(binLengths(tallyOf([{ tokens: 10 }, { tokens: 12 }]))).toMatchObject({
      openFrom: undefined,
      bins: { length: 13 },
    })
  })

  test("binSpeeds - a bar holds a few chunks, and the last ends with the run", () => {
    const tally = {
      ...emptyTally(),
      elapsedMs: 4750,
      throughput: { intervalMs: 500, rows: [0, 256, 0, 256, 0, 256, 0, 256, 0, 256] },
    }
    expect(binSpeeds(tally, 32)).toEqual([
      { fromMs: 0, toMs: 500, rowsPerSecond: 0 },
      ...[256, 0, 256, 0, 256, 0, 256, 0].map((rows, index) => ({
        fromMs: 500 * (index + 1),
        toMs: 500 * (index + 2),
        rowsPerSecond: 2 * rows,
      })),
      { fromMs: 4500, toMs: 4750, rowsPerSecond: 1024 },
    ])
  })

  test("binSpeeds - nothing for a run that is too short for a plot", () => {
    const throughput = { intervalMs: 500, rows: [0, 256, 0, 256, 0, 256, 0, 256, 0, 256] }
    expect(binSpeeds({ ...emptyTally(), elapsedMs: 4750, throughput }, 256)).toEqual([])
    expect(binSpeeds(emptyTally(), 256)).toEqual([])
    // All rows at the end, as when the first chunk took longest.
    const late = { intervalMs: 500, rows: [...Array.from({ length: 18 }, () => 0), 5000, 5000] }
    expect(binSpeeds({ ...emptyTally(), elapsedMs: 10_000, throughput: late }, 256)).toEqual([])
  })
})

describe("formats", () => {
  test.each([
    [formatCount(1234567.4), "1,234,567"],
    [formatShort(9_999_999), "9,999,999"],
    [formatShort(123_456_789_012), "123.5B"],
    [formatSpeed(0.44), "0.4"],
    [formatSpeed(1234.6), "1,235"],
    [formatScore(-0.00001), "0.0000"],
    [formatScore(-1.5), "−1.5000"],
    [formatShare(0), "0%"],
    [formatShare(0.0001), "<0.1%"],
    [formatShare(0.5), "50.0%"],
    [formatShare(0.99999), ">99.9%"],
    [formatShare(1), "100%"],
    [formatDuration(950), "950 ms"],
    [formatDuration(12_340), "12.3 s"],
    [formatDuration(245_000), "4 min 5 s"],
    [formatDuration(27_660_000), "7 h 41 min"],
  ])("%s", (formatted, expected) => {
    expect(formatted).toBe(expected)
  })

  test("html - values are escaped, pieces and lists of pieces are kept", () => {
    const item = html`<i>${"<&\"'>"}</i>`
    expect(html`${[item, "<"]}${undefined}${3}`.text).toBe("<i>&lt;&amp;&quot;&#39;&gt;</i>&lt;3")
  })

  test("visible - line breaks, tabs and marks that belong to a script stay", () => {
    expect(visible("a\tb\nc \u200f\u200d")).toBe("a\tb\nc \u200f\u200d")
    expect(escapeHtml("\u202a<")).toBe("⟨U+202A⟩&lt;")
  })
})
