const [newline, carriageReturn] = [0x0a, 0x0d]

/**
 * Makes a carriage return that no newline follows a newline, as `tr '\r' '\n'` does: no byte moves.
 */
export async function* endLinesAtReturns(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0)
  for await (const block of blocks) {
    const bytes = Buffer.concat([held, block])
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length
    replaceLone(bytes, end)
    // What follows it is in the next block.
    held = bytes.subarray(end)
    if (end > 0) yield bytes.subarray(0, end)
  }
  if (held.length > 0) yield Buffer.from([newline])
}

function replaceLone(bytes: Buffer, end: number): void {
  for (let at = bytes.indexOf(carriageReturn); at !== -1 && at < end; at = bytes.indexOf(carriageReturn, at + 1))
    if (bytes[at + 1] !== newline) bytes[at] = newline
}

/** Why a row cannot be read that may be several. */
export const loneReturn =
  "has a carriage return (CR) outside quotes: if it ends a line, convert the file, tr '\\r' '\\n' < IN > OUT"

/** Whether a carriage return that no newline follows is in a part of the bytes, before its end. */
export function hasLoneReturn(bytes: Buffer, from: number, to: number): boolean {
  for (
    let at = bytes.indexOf(carriageReturn, from);
    at !== -1 && at < to - 1;
    at = bytes.indexOf(carriageReturn, at + 1)
  )
    if (bytes[at + 1] !== newline && bytes[at + 1] !== carriageReturn) return true
  return false
}
