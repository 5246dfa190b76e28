import { runValence } from "../cli/run-valence.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { SeededRandom } from "./seeded-random.ts"

/** What trials label, and what has to come out. */
export interface ChaosCorpus {
  readonly model: string
  readonly rows: number
  readonly input: string
  /** The bytes that `valence label` writes in one go, in its own process. */
  readonly labelled: string
}

const words = "good bad love hate fine the a of movie plot never always dull great awful nice with and very".split(" ")

/** A CSV whose rows are numbered, with texts of many lengths. */
function writeInput(rows: number, longestWords: number): string {
  const random = new SeededRandom(rows)
  const lines = Array.from({ length: rows }, (_, row) => {
    const count = random.integer(1, longestWords)
    return `${row},${Array.from({ length: count }, () => random.pick(words)).join(" ")}`
  })
  return `row,text\n${lines.join("\n")}\n`
}

/**
 * Makes a corpus, and labels it undisturbed.
 *
 * @param longestWords - words of a text, 1 to so many
 * @throws Error where that run fails
 */
export async function createCorpus(model: string, rows: number, longestWords: number): Promise<ChaosCorpus> {
  using folder = new TemporaryFolder()
  const input = writeInput(rows, longestWords)
  folder.write("in.csv", input)
  const { code, stderr } = await runValence(folder.path, "label", "in.csv", "-o", "out.csv", "--model", model)
  if (code !== 0) throw new Error(`the undisturbed run must end with exit code 0; got ${code}: ${stderr}`)
  return { model, rows, input, labelled: folder.read("out.csv") }
}
