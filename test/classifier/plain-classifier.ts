import { Dispatcher } from "../../src/classifier/batcher/dispatcher.ts"
import { Classifier } from "../../src/classifier/classifier.ts"
import type { Device } from "../../src/classifier/devices/device.ts"
import { Tokenising } from "../../src/classifier/tokenising.ts"
import { ValenceError } from "../../src/errors.ts"
import { type MicroBatch, padded } from "../../src/model/micro-batch.ts"
import type { Tokenizer } from "../../src/model/tokenizer/tokenizer.ts"

const special = { before: 1, after: 1 }
const begin = 1
const end = 2

/** A token is a character, its id the character's code. */
const tokenizer: Tokenizer = {
  special,
  isUnfamiliar: () => false,
  async encode(texts, maxLength) {
    return texts.map((text, index) => {
      const most = typeof maxLength === "number" ? maxLength : (maxLength[index] ?? 0)
      const tokens = text.length + 2
      const own = text.slice(0, most - 2)
      const inputIds = new Int32Array(own.length + 2).fill(begin, 0, 1).fill(end, -1)
      for (let at = 0; at < own.length; at++) inputIds[at + 1] = own.charCodeAt(at)
      return { inputIds, tokens, truncated: tokens > most }
    })
  },
}

/** The characters of each row of a micro-batch. */
export function rowsOf(batch: MicroBatch): string[] {
  const { rows, longest } = batch
  const { inputIds } = padded(batch)
  return Array.from({ length: rows }, (_, row) => {
    const ids = inputIds.subarray(row * longest, (row + 1) * longest)
    return String.fromCharCode(...ids.filter(id => id > end))
  })
}

/** What a classifier of plain objects is made of. */
export interface PlainClassifierOptions {
  readonly devices?: number
  /** Told of each micro-batch before it runs; what it gives is why the run fails. */
  readonly onBatch?: (rows: readonly string[]) => ValenceError | undefined | Promise<undefined>
}

/** A classifier whose tokens are characters, and whose devices are objects: the shares of `+` and `-` in a row are its logits. */
export async function plainClassifier({ devices = 1, onBatch }: PlainClassifierOptions = {}): Promise<Classifier> {
  const device: Device = {
    pid: 1,
    died: new Promise(() => {}),
    destroy() {},
    async run(batch) {
      await new Promise(resolve => setImmediate(resolve))
      const rows = rowsOf(batch)
      const error = await onBatch?.(rows)
      if (error) return { error, begun: true }
      const logits = rows.flatMap(row => ["+", "-"].map(sign => row.split(sign).length / (row.length + 1)))
      return { logits: Float32Array.from(logits), runMs: 1 }
    },
  }
  const plain = {
    name: "plain",
    children: devices,
    start: async () => device,
    limits: { maxBatchTokens: 512, maxBatchTexts: 64 },
    tuning: undefined,
  }
  const dispatcher = await Dispatcher.start({
    bulkAgeMs: 500,
    maxWaitMs: 0,
    bulkRunMs: 25,
    devices: [plain],
    padId: 0,
  })
  const info = { name: "characters", revision: "1", dtype: "none", labels: ["PLUS", "MINUS"], maxLength: 512 }
  const opened = { info, scoreFunction: "softmax", tokenizer, dispatcher, devices: [plain] } as const
  return new Classifier(opened, 2_000_000, new Tokenising(tokenizer), undefined)
}

export const poisoned = () => new ValenceError("text_failed", "poison")
