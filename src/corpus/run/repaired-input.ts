import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import { asError, ValenceError } from "../../errors.ts"
import { DamagedInput } from "../bytes/damaged-input.ts"
import { openText } from "../encoding/text-blocks.ts"
import { type Manifest, ManifestFile, readManifest } from "./manifest.ts"
import type { RunSetup } from "./run-setup.ts"

/**
 * Notes in the manifest which text was labelled before the damaged place of an input, so that the run can continue with a file that
 * is whole.
 *
 * @returns the error that the run ends with: `thrown`, with what to do if the input is damaged
 */
export async function noteDamage(thrown: unknown, setup: RunSetup): Promise<unknown> {
  const path = setup.files.manifest
  const error = asError(thrown)
  if (!(error instanceof ValenceError) || !(error.cause instanceof DamagedInput) || path === "") return thrown
  const manifest = await readManifest(path)
  if (manifest === undefined) return thrown
  const textSha256 = await textDigest(setup, manifest.safe.input.bytes)
  await new ManifestFile(path).write({ ...manifest, damaged: { textSha256 } })
  const message = `${error.message}; what was labelled before is safe: replace the file with a whole one, and the same command continues`
  return new ValenceError(error.code, message, { cause: error.cause })
}

/**
 * Whether an input begins with the text that was labelled before it was found to be damaged.
 *
 * @throws ValenceError `run_changed` if that text itself came from damaged bytes
 */
export async function isRepaired({ damaged, safe }: Manifest, setup: RunSetup): Promise<boolean> {
  if (damaged === undefined) return false
  if ((await textDigest(setup, safe.input.bytes)) === damaged.textSha256) return true
  throw new ValenceError(
    "run_changed",
    `input ${setup.input.path} has other text than what was labelled before it was found to be damaged; --force starts over`,
  )
}

async function textDigest({ input, options: { encoding } }: RunSetup, bytes: number): Promise<string> {
  const hash = createHash("sha256")
  const text = await openText(input, encoding, Readable.from([]))
  await text.rest.return?.(undefined)
  const blocks = text.from(0)
  try {
    for (let left = bytes; left > 0; ) {
      const { value, done } = await blocks.next()
      if (done) break
      hash.update(value.subarray(0, left))
      left -= Math.min(left, value.length)
    }
  } finally {
    await blocks.return?.(undefined)
  }
  return hash.digest("hex")
}
