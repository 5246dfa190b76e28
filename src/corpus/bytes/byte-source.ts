const nothing = Buffer.alloc(0)

/** Bytes that arrive in blocks and are read in pieces of any length. What was read too far can be put back. */
export class ByteSource {
  readonly #blocks: AsyncIterator<Buffer>
  #rest: Buffer = nothing
  #position = 0

  constructor(blocks: AsyncIterable<Buffer>) {
    this.#blocks = blocks[Symbol.asyncIterator]()
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#position
  }

  /** The next bytes, as they arrive; `undefined` at the end. */
  async block(): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#blocks.next()
      if (done) return undefined
      this.#rest = value
    }
    return this.#take(this.#rest.length)
  }

  /** The next `length` bytes, which stay unread; fewer only at the end. */
  async peek(length: number): Promise<Buffer> {
    if (this.#rest.length < length) {
      const blocks = [this.#rest]
      for (let bytes = this.#rest.length; bytes < length; ) {
        const { value, done } = await this.#blocks.next()
        if (done) break
        blocks.push(value)
        bytes += value.length
      }
      this.#rest = Buffer.concat(blocks)
    }
    return this.#rest.subarray(0, length)
  }

  /** The next `length` bytes; fewer only at the end. */
  async read(length: number): Promise<Buffer> {
    await this.peek(length)
    return this.#take(Math.min(length, this.#rest.length))
  }

  /**
   * Passes over the next `length` bytes, a block at a time.
   *
   * @returns whether there are that many
   */
  async skip(length: number): Promise<boolean> {
    for (let left = length; left > 0; ) {
      const block = await this.block()
      if (block === undefined) return false
      if (block.length > left) this.unread(block.subarray(left))
      left -= block.length
    }
    return true
  }

  /** Puts back the last bytes that were read. */
  unread(bytes: Buffer): void {
    this.#position -= bytes.length
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([bytes, this.#rest])
  }

  /** Releases what the bytes come from. */
  async close(): Promise<void> {
    await this.#blocks.return?.(undefined)
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    this.#position += length
    return taken
  }
}
