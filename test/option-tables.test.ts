import { expect, it } from "vitest"
import { portOptions } from "../src/cli/work.ts"
import { corpusOptions, evaluateOptions } from "../src/corpus/options.ts"
import type { Declaration } from "../src/declaration.ts"
import { buildOptions } from "../src/graph/options.ts"
import { classifierOptions, labelOptions } from "../src/options.ts"
import { producerOptions } from "../src/producer/options.ts"
import { workerOptions } from "../src/worker/options.ts"

const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

function row([name, { default: value, rule, env, help }]: [string, Declaration<unknown>]): string {
  const shown = value === undefined ? "" : `\`${value}\``
  const flag = name === "lane" ? "" : `\`${flagOf(name)}\``
  const names = [`\`${name}\``, flag, env === undefined ? "" : `\`${env}\``]
  return `| ${[...names, shown, rule.replace(/^must be /, ""), help].join(" | ")} |`
}

const tables = {
  "`createClassifier`, and every command that labels": classifierOptions,
  "`label()`, and `valence classify`": labelOptions,
  "`labelCorpus`, `valence label`": corpusOptions,
  "`evaluateCorpus`, `valence eval`": evaluateOptions,
  "`createProducer`; some of them `valence label --redis` too": producerOptions,
  "`createWorker`, `valence work`": workerOptions,
  "`valence work`: its port": portOptions,
  "`buildModel`, `verifyModel`, `valence models build|verify`": buildOptions,
}

it("docs/options.md has every option as it is declared; `npx vitest run test/option-tables.test.ts -u` writes it", async () => {
  const sections = Object.entries(tables).map(([title, declarations]) => {
    const rows = Object.entries<Declaration<unknown>>(declarations).map(row)
    return `## ${title}\n\n| option | flag | environment | default | must be | what |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`
  })
  const page = `# Options\n\nMade from the declarations in \`src/\`. A flag goes before its environment variable, and that before the default.\n\n${sections.join("\n")}`
  await expect(page).toMatchFileSnapshot("../docs/options.md")
})
