import type { ByteSource } from "./byte-source.ts"

/** Zero bytes, spaces and line ends: what tapes, editors and shells add to the end of a file. */
const padding = new Set([0x00, 0x09, 0x0a, 0x0d, 0x20])

/**
 * Passes over padding.
 *
 * @returns the number of its bytes
 */
export async function passPadding(source: ByteSource): Promise<number> {
  for (let passed = 0; ; ) {
    const block = await source.block()
    if (block === undefined) return passed
    const end = block.findIndex(byte => !padding.has(byte))
    if (end !== -1) source.unread(block.subarray(end))
    passed += end === -1 ? block.length : end
    if (end !== -1) return passed
  }
}
