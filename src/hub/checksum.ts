import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { pipeline } from "node:stream/promises"
import type { HubFile } from "../store/cache.ts"

/**
 * What is wrong with a file that was downloaded; `undefined` if it is what the hub says.
 *
 * @returns such as `must have sha256 12…; it has 34…`
 */
export async function checksumProblem(path: string, { bytes, sha256, gitSha1 }: HubFile): Promise<string | undefined> {
  const [name, expected] = sha256 === undefined ? ["sha1", gitSha1] : ["sha256", sha256]
  const hash = createHash(name)
  // Git hashes a file after its kind and length.
  if (sha256 === undefined) hash.update(`blob ${bytes}\0`)
  await pipeline(createReadStream(path), hash, { end: false })
  const got = hash.digest("hex")
  return got === expected ? undefined : `must have ${name} ${expected}; it has ${got}`
}
