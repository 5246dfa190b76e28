import { varint } from "./runs.ts"

/**
 * Checks that a Snappy block holds this many bytes, and copies none that it does not have. The library does not look.
 *
 * @throws Error
 */
export function checkSnappy(block: Uint8Array, length: number): void {
  const header = varint(block, 0, block.length)
  if (header.value !== length) throw damaged("Snappy", length, header.value)
  let [at, decoded] = [header.end, 0]
  while (at < block.length) {
    const tag = block[at++] as number
    const kind = tag & 3
    if (kind === 0) {
      const more = Math.max(0, (tag >> 2) - 59)
      const size = (more === 0 ? tag >> 2 : littleEndian(block, at, more)) + 1
      at += more + size
      decoded += size
      if (at > block.length) throw damaged("Snappy", length, decoded)
    } else {
      const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
      const back = kind === 1 ? ((tag >> 5) << 8) + (block[at] ?? 0) : littleEndian(block, at, kind === 2 ? 2 : 4)
      at += kind === 1 ? 1 : kind === 2 ? 2 : 4
      if (back === 0 || back > decoded || at > block.length) throw damaged("Snappy", length, decoded)
      decoded += size
    }
  }
  if (decoded !== length) throw damaged("Snappy", length, decoded)
}

/**
 * Checks that an LZ4 block holds this many bytes, and copies none that it does not have.
 *
 * @throws Error
 */
export function checkLz4(block: Uint8Array, length: number): void {
  const decoded = lz4Bytes(block)
  if (decoded !== length) throw damaged("LZ4", length, decoded ?? 0)
}

/**
 * The same for blocks with Hadoop's lengths before them, or without, as the library distinguishes them.
 *
 * @throws Error
 */
export function checkHadoopLz4(page: Uint8Array, length: number): void {
  if (hadoopBytes(page) !== length) checkLz4(page, length)
}

function hadoopBytes(page: Uint8Array): number | undefined {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
  let [at, decoded] = [0, 0]
  while (at < page.length) {
    if (at + 8 >= page.length) return undefined
    const [plain, packed] = [view.getInt32(at), view.getInt32(at + 4)]
    at += 8
    if (packed < 0 || at + packed > page.length) return undefined
    if (lz4Bytes(page.subarray(at, at + packed)) !== plain) return undefined
    at += packed
    decoded += plain
  }
  return decoded
}

/** @returns the bytes that a block holds; `undefined` if it is damaged */
function lz4Bytes(block: Uint8Array): number | undefined {
  let [at, decoded] = [0, 0]
  /** A length of 15 continues in the bytes that follow, until one is not 255. */
  const lengthOf = (first: number) => {
    let length = first
    for (let byte = first === 15 ? 255 : 0; byte === 255; ) {
      byte = block[at++] ?? 0
      length += byte
    }
    return length
  }
  while (at < block.length) {
    const token = block[at++] as number
    const literals = lengthOf(token >> 4)
    at += literals
    decoded += literals
    if (at === block.length) return decoded
    const back = littleEndian(block, at, 2)
    at += 2
    if (at > block.length || back === 0 || back > decoded) return undefined
    decoded += lengthOf(token & 15) + 4
    if (at > block.length) return undefined
  }
  return block.length === 0 ? 0 : undefined
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let byte = length - 1; byte >= 0; byte--) value = value * 256 + (bytes[at + byte] ?? 0)
  return value
}

function damaged(codec: string, length: number, decoded: number): Error {
  return new Error(
    `a page must hold the ${length} bytes that its header says; its ${codec} data is damaged or has ${decoded}`,
  )
}
