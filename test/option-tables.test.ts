import { expect, it } from "vitest"
import { allOptions, dropOptions, listOptions } from "../src/cli/commands/dead.ts"
import { doctorOptions } from "../src/cli/commands/doctor.ts"
import { listModelsOptions, removeModelOptions } from "../src/cli/commands/models.ts"
import { pruneOptions } from "../src/cli/commands/prune.ts"
import { drainOptions, laneOptions, statusOptions } from "../src/cli/commands/queue.ts"
import { tuneOptions } from "../src/cli/commands/tune.ts"
import { portOptions } from "../src/cli/commands/work.ts"
import { logOptions } from "../src/cli/log-options.ts"
import { fleetOptions, serverFleetOptions } from "../src/cli/open-labeller.ts"
import { exportOptions } from "../src/cli/parts/export-options.ts"
import { moreFleetsOptions } from "../src/cli/parts/more-fleets.ts"
import { traceOptions } from "../src/cli/trace-options.ts"
import { corpusOptions, evaluateOptions } from "../src/corpus/options.ts"
import type { Declaration } from "../src/declaration.ts"
import { buildOptions } from "../src/graph/options.ts"
import { serverOptions } from "../src/http/options.ts"
import { classifierOptions, labelOptions, pullOptions } from "../src/options.ts"
import { producerOptions } from "../src/producer/options.ts"
import { redisOptions } from "../src/queue/redis/redis-options.ts"
import { scaleOptions } from "../src/queue/status/scale-options.ts"
import { workerOptions } from "../src/worker/options.ts"

const flagOf = (name: string, value: unknown) =>
  `--${value === true ? "no-" : ""}${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

/** No command lets choose in which lane it labels. */
const withoutFlag: readonly Declaration<unknown>[] = [labelOptions.lane]

function row([name, declaration]: [string, Declaration<unknown>]): string {
  const { default: value, rule, env, help } = declaration
  const shown = value === undefined ? "" : `\`${value}\``
  const flag = withoutFlag.includes(declaration) ? "" : `\`${flagOf(name, value)}\``
  const names = [`\`${name}\``, flag, env === undefined ? "" : `\`${env}\``]
  return `| ${[...names, shown, rule.replace(/^must be /, ""), help].join(" | ")} |`
}

const tables = {
  "`createClassifier`, and every command that labels": classifierOptions,
  "`label()`, and `valence classify`": labelOptions,
  "`labelCorpus`, `valence label`": { ...corpusOptions, fleet: fleetOptions.fleet },
  "`evaluateCorpus`, `valence eval`": evaluateOptions,
  "`valence serve`, besides those of the classifier": {
    ...serverOptions,
    redis: serverFleetOptions.redis,
    ...moreFleetsOptions,
  },
  "`createProducer`; some of them `valence label --redis` too": producerOptions,
  "`createWorker`, `valence work`": workerOptions,
  "`valence work`: its port": portOptions,
  "`openQueues`, `valence queue`, `valence dead`": redisOptions,
  "`valence work`, `valence serve`, `valence queue export`: their log": logOptions,
  "`valence work`, `valence serve`: their traces": traceOptions,
  "`valence queue status`": statusOptions,
  "`valence queue pause|resume|drain`": laneOptions,
  "`valence queue drain`": drainOptions,
  "`valence queue export`": { ...exportOptions, ...scaleOptions },
  "`valence dead list`": listOptions,
  "`valence dead retry|drop`": allOptions,
  "`valence dead drop`": dropOptions,
  "`pullModel`, `valence models pull`": pullOptions,
  "`valence models list|show`": listModelsOptions,
  "`valence models rm`": removeModelOptions,
  "`valence doctor`, besides model, dtype and device": doctorOptions,
  "`valence tune`, besides model, dtype and device": tuneOptions,
  "`buildModel`, `verifyModel`, `valence models build|verify`": buildOptions,
  "`valence prune`": pruneOptions,
}

it("docs/reference/options.md has every option as it is declared; `npx vitest run test/option-tables.test.ts -u` writes it", async () => {
  const sections = Object.entries(tables).map(([title, declarations]) => {
    const rows = Object.entries<Declaration<unknown>>(declarations).map(row)
    return `## ${title}\n\n| option | flag | environment | default | must be | what |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`
  })
  const page = `# Options\n\nGenerated from the declarations in \`src/\`. A flag overrides its environment variable, which overrides the default.\n\n${sections.join("\n")}`
  await expect(page).toMatchFileSnapshot("../docs/reference/options.md")
})
