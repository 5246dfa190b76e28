/** A machine that is busy with other work takes long to start a device. */
const startTimeoutMs = 600_000

/** What a user's project imports, by the kind of its file; each prints POSITIVE. */
const label = `const classifier = await createClassifier({ device: 'cpu:1', startTimeoutMs: ${startTimeoutMs} })
  const [result] = await classifier.label(['I love it'])
  console.log(result.label)
  await classifier.close()`

const appFiles = {
  "app.mjs": `import { createClassifier } from 'valence-nlp'
async function main() {
  ${label}
}
await main()
`,
  "app.cjs": `const { createClassifier } = require('valence-nlp')
async function main() {
  ${label}
}
main()
`,
}

const tsconfig = (module: string) =>
  JSON.stringify({ compilerOptions: { module, target: "es2023", strict: true, noEmit: true, types: [] } })

/** A user's project: what it has, how it installs the package, and what must then work. */
export interface Trial {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** Command lines, in order; `TARBALL` is the packed package, and `npm10` and its like are paths. None may warn. */
  readonly install: readonly string[]
  /** The command line that installs other packages; it may warn. */
  readonly tools?: string
  /** Each must print POSITIVE, but for a line that begins with `!`, which must only succeed. */
  readonly run: readonly string[]
}

const classify = `classify --start-timeout-ms ${startTimeoutMs} "I love it"`

const usual = ["node app.mjs", "node app.cjs", `node node_modules/valence-nlp/bin/valence.js ${classify}`]

const withNpm = (
  name: string,
  files: Readonly<Record<string, string>>,
  tools: string,
  run: readonly string[],
): Trial => ({
  name,
  files: { ...appFiles, ...files },
  install: ["npm install --ignore-scripts --no-audit --no-fund TARBALL"],
  tools: `npm install --ignore-scripts --no-audit --no-fund ${tools}`,
  run,
})

export const trials: readonly Trial[] = [
  ...["npm10", "npm11"].map(
    (npm): Trial => ({
      name: npm,
      files: appFiles,
      install: [`node ${npm} install --ignore-scripts TARBALL`],
      run: [...usual, "!node node_modules/valence-nlp/bin/valence.js prune", ...usual],
    }),
  ),
  { name: "pnpm", files: appFiles, install: ["pnpm add --ignore-scripts TARBALL"], run: usual },
  {
    name: "yarn, node_modules",
    files: { ...appFiles, "yarn.lock": "", ".yarnrc.yml": "nodeLinker: node-modules\n" },
    install: ["node yarn add valence-nlp@file:TARBALL"],
    run: usual,
  },
  {
    name: "yarn, Plug'n'Play",
    files: { ...appFiles, "yarn.lock": "", ".yarnrc.yml": "nodeLinker: pnp\n" },
    install: ["node yarn add valence-nlp@file:TARBALL"],
    run: ["node yarn node app.mjs", `node yarn valence ${classify}`],
  },
  { name: "bun", files: appFiles, install: ["bun add TARBALL"], run: [...usual, "bun app.mjs"] },
  withNpm(
    "typescript",
    {
      "esm.mts":
        "import { createClassifier, type Labeller } from 'valence-nlp'\nexport const open = (): Promise<Labeller> => createClassifier()\n",
      "cjs.cts":
        "import { createClassifier, type Labeller } from 'valence-nlp'\nexport const open = (): Promise<Labeller> => createClassifier()\n",
      "fleet.cts":
        "import { createProducer } from 'valence-nlp/fleet'\nimport { createServer } from 'valence-nlp/serve'\nimport { buildModel } from 'valence-nlp/build-model'\nexport const all = [createProducer, createServer, buildModel]\n",
      "node16.json": tsconfig("node16"),
      "nodenext.json": tsconfig("nodenext"),
    },
    "typescript @types/node",
    ["node16", "nodenext"].map(module => `!node node_modules/typescript/bin/tsc -p ${module}.json`),
  ),
  withNpm("esbuild", {}, "esbuild", [
    "!node node_modules/esbuild/bin/esbuild app.mjs --bundle --platform=node --format=esm --external:valence-nlp --outfile=out.mjs",
    "node out.mjs",
  ]),
  withNpm(
    "webpack",
    {
      "webpack.config.mjs": `export default {
  mode: 'production',
  target: 'node20',
  entry: './app.mjs',
  experiments: { outputModule: true },
  output: { module: true, filename: 'out.mjs' },
  externals: { 'valence-nlp': 'module valence-nlp' },
}
`,
    },
    "webpack webpack-cli",
    ["!node node_modules/webpack/bin/webpack.js", "node dist/out.mjs"],
  ),
  withNpm("vite", {}, "vite", [
    "!node node_modules/vite/bin/vite.js build --ssr app.mjs --outDir out",
    "node out/app.mjs",
  ]),
  withNpm(
    "next",
    {
      "next.config.mjs": "export default { serverExternalPackages: ['valence-nlp'] }\n",
      "app/layout.jsx": "export default ({ children }) => <html><body>{children}</body></html>\n",
      "app/page.jsx": `import { createClassifier } from 'valence-nlp'
export default async function Page() {
  const classifier = await createClassifier({ device: 'cpu:1', startTimeoutMs: ${startTimeoutMs} })
  const [result] = await classifier.label(['I love it'])
  await classifier.close()
  return <p>{result.label}</p>
}
`,
    },
    "next react react-dom",
    [
      "!node node_modules/next/dist/bin/next build",
      "!node -e \"if (!require('fs').readFileSync('.next/server/app/index.html', 'utf8').includes('POSITIVE')) process.exit(1)\"",
    ],
  ),
]
