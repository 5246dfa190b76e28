// Writes afinn-111.tsv from the npm package afinn-111: node lexicons/make-afinn-111.mjs
import { readFile, writeFile } from 'node:fs/promises'
import { afinn111 } from 'afinn-111'

const manifest = new URL('package.json', import.meta.resolve('afinn-111'))
const { version } = JSON.parse(await readFile(manifest, 'utf8'))
const entries = Object.entries(afinn111).sort(([a], [b]) => (a < b ? -1 : 1))

const header = `# AFINN-111: ${entries.length} English words and phrases rated for valence from -5 to 5 by Finn Årup Nielsen, 2009-2011.
# From npm's afinn-111 ${version} (MIT, see afinn-111.LICENSE) by lexicons/make-afinn-111.mjs; not to be edited by hand.
# Format: word or phrase, tab, valence; see README.md.
`
const lines = entries.map(([entry, valence]) => `${entry}\t${valence}\n`)
await writeFile(new URL('afinn-111.tsv', import.meta.url), header + lines.join(''))
