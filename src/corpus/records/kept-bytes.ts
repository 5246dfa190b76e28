/** The bytes of a record that has not ended, with spare room after them, so that small blocks do not copy them each time. */
export class KeptBytes {
  /** Bytes that were copied. */
  work = 0
  #bytes: Buffer = Buffer.alloc(0)
  /** What `#bytes` are the end of, as far as it was filled; the rest is spare. */
  #room: Buffer = this.#bytes
  #filled = 0

  /** The kept bytes and a block after them. */
  join(block: Buffer): Buffer {
    const kept = this.#bytes.length
    if (kept === 0) return block
    if (block.length === 0) return this.#bytes
    if (this.#room.length === 0 && block.length >= kept) {
      this.work += kept + block.length
      return Buffer.concat([this.#bytes, block])
    }
    if (this.#room.length - this.#filled < block.length) this.#grow(kept + block.length)
    block.copy(this.#room, this.#filled)
    this.work += block.length
    this.#filled += block.length
    return this.#room.subarray(this.#filled - block.length - kept, this.#filled)
  }

  /** Keeps what `join` gave from a place on. */
  keep(joined: Buffer, from: number): void {
    const isRoom = this.#room.length > 0 && joined.buffer === this.#room.buffer && from < joined.length
    if (!isRoom) {
      this.#room = Buffer.alloc(0)
      this.#filled = 0
    }
    this.#bytes = joined.subarray(from)
  }

  #grow(bytes: number): void {
    const room = Buffer.allocUnsafeSlow(2 * bytes)
    this.#bytes.copy(room)
    this.work += this.#bytes.length
    this.#room = room
    this.#filled = this.#bytes.length
  }
}
