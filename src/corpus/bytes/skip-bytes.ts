/** Leaves out the first bytes of blocks. */
export async function* skipBytes(blocks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes
  for await (const block of blocks) {
    if (left < block.length) yield left === 0 ? block : block.subarray(left)
    left -= Math.min(left, block.length)
  }
}
