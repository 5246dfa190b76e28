import { crc32 } from "node:zlib"
import type { Entry, ZipFile } from "yauzl"
import { shown } from "../../errors.ts"
import { ByteSource } from "./byte-source.ts"
import { cutOff, DamagedInput } from "./damaged-input.ts"
import { inflate } from "./inflate.ts"
import { RefusedInput } from "./refused-input.ts"

/** Names of members that errors list. */
const mostNames = 10

/** What office programs call a document's main member, and what such a file is. */
const documents: readonly (readonly [RegExp, string])[] = [
  [/^xl\/workbook\.(xml|bin)$/, "an Excel workbook"],
  [/^content\.xml$/, "an OpenDocument file"],
  [/^word\/document\.xml$/, "a Word document"],
]

/** One file of an archive, and where its bytes are. */
interface Member {
  readonly entry: Entry
  readonly from: number
}

/** Whether bytes begin as a ZIP archive does. */
export const isZip = (bytes: Buffer) => bytes.subarray(0, 4).equals(Buffer.from("PK\x03\x04"))

/**
 * Decompresses the one file of a ZIP archive.
 *
 * @param read - bytes of the archive from a place on
 * @throws RefusedInput if the archive has several files, is a document, or is encrypted; DamagedInput
 */
export async function* unzip(
  path: string,
  read: (from: number, length: number) => AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const { entry, from } = await findMember(path)
  const what = `the file ${shown(entry.fileName)} in the archive`
  const source = new ByteSource(read(from, entry.compressedSize))
  let checksum = 0
  let bytes = 0
  try {
    const blocks = entry.compressionMethod === 0 ? stored(source) : inflate(source, what)
    for await (const block of blocks) {
      checksum = crc32(block, checksum)
      bytes += block.length
      yield block
    }
    if (entry.compressionMethod === 0 && bytes < entry.compressedSize) throw cutOff(what, from + bytes)
    if (bytes !== entry.uncompressedSize || checksum !== entry.crc32)
      throw new DamagedInput(`${what} is damaged: its contents do not match the checksum`, from + entry.compressedSize)
  } finally {
    await source.close()
  }
}

async function* stored(source: ByteSource): AsyncGenerator<Buffer> {
  for (let block = await source.block(); block !== undefined; block = await source.block()) yield block
}

/** Loaded only if it is needed: few corpora are archives. */
async function findMember(path: string): Promise<Member> {
  const { default: yauzl } = await import("yauzl")
  const archive = await yauzl.openPromise(path, { autoClose: false, lazyEntries: true })
  try {
    const entry = await findEntry(archive, path)
    if (entry.isEncrypted()) throw new RefusedInput(`is an encrypted ZIP archive: unpack it with ${unpack(path)}`)
    if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
      throw new RefusedInput(`is a ZIP archive of an uncommon compression: unpack it with 7z x -so ${path}`)
    return { entry, from: (await archive.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart }
  } finally {
    archive.close()
  }
}

async function findEntry(archive: ZipFile, path: string): Promise<Entry> {
  const files: Entry[] = []
  let count = 0
  for await (const entry of archive.eachEntry()) {
    const document = documents.find(([name]) => name.test(entry.fileName))
    if (document !== undefined) throw new RefusedInput(`is ${document[1]}: save it as CSV (UTF-8)`)
    if (entry.fileName.endsWith("/") || /^__MACOSX\/|(^|\/)\.DS_Store$/.test(entry.fileName)) continue
    count++
    if (files.length < mostNames) files.push(entry)
  }
  const [only] = files
  if (only === undefined) throw new RefusedInput("is a ZIP archive without files")
  if (count === 1) return only
  const names = files.map(({ fileName }) => shown(fileName)).join(", ")
  const more = count > files.length ? ` and ${count - files.length} more` : ""
  throw new RefusedInput(
    `is a ZIP archive of ${count} files, ${names}${more}: unpack it, or pipe one in: ${unpack(path)} NAME | valence label - --format csv`,
  )
}

const unpack = (path: string) => `unzip -p ${path}`
