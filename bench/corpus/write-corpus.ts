import { createWriteStream } from "node:fs"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

function* linesOf(rows: number, format: string, texts: readonly string[]): Generator<string> {
  if (format === "csv") yield "id,product,rating,review\n"
  for (let row = 0; row < rows; row++) {
    const text = texts[row % texts.length] as string
    if (format === "csv") yield `${row},Northgate Dental Clinic,${row % 5},${csvField(text, row % 10 === 0)}\n`
    else yield `${JSON.stringify({ id: row, product: "Northgate Dental Clinic", rating: row % 5, review: text })}\n`
  }
}

function csvField(text: string, odd: boolean): string {
  const said = odd ? text.replace(" ", ' "so", ') : text
  return /[",]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said
}

/**
 * Writes a corpus of four columns; the last, `review`, has the texts, again and again. In CSV every tenth of them has
 * quotes and a comma put in.
 *
 * @param format - `csv` or `jsonl`
 */
export async function writeCorpus(file: string, rows: number, format: string, texts: readonly string[]): Promise<void> {
  await pipeline(Readable.from(linesOf(rows, format, texts)), createWriteStream(file))
}
