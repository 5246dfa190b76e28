import { crc32 } from "node:zlib"
import type { ThriftStruct } from "hyparquet-writer/src/thrift.js"
import { fieldOf, readStructAt, wholeNumberOf } from "../thrift-struct.ts"
import type { Leaf } from "./footer.ts"
import { checkRuns } from "./runs.ts"
import { checkValues, valueEncodings } from "./values.ts"

/** Decompresses a page to this many bytes. */
export type Decompress = (page: Uint8Array, length: number) => Uint8Array

/** What the footer says of a column of a row group. */
export interface ChunkClaims {
  readonly values: number
  readonly rows: number
  /** Where its first page of values begins, counted from the first page. */
  readonly dataFrom: number
}

const kinds = { data: 0, dictionary: 2, dataV2: 3 } as const

/** The fields of page headers, by their numbers in parquet.thrift. */
const fields = {
  page: { kind: 1, bytes: 2, packedBytes: 3, checksum: 4, data: 5, dictionary: 7, dataV2: 8 },
  data: { values: 1, encoding: 2, definitionEncoding: 3, repetitionEncoding: 4 },
  dictionary: { values: 1, encoding: 2 },
  dataV2: { values: 1, nulls: 2, rows: 3, encoding: 4, definitionBytes: 5, repetitionBytes: 6, isPacked: 7 },
} as const

interface Page {
  readonly kind: number
  /** Where its header begins, and its body. */
  readonly from: number
  readonly body: Uint8Array
  /** Bytes of the body once it is decompressed. */
  readonly bytes: number
  readonly header: ThriftStruct
  readonly values: number
}

/**
 * Checks the pages of a column of a row group: their sizes and checksums, the numbers of their values, levels and lengths. The library
 * that reads them believes what they say of themselves, and most have no checksum.
 */
export class CheckedPages {
  readonly #leaf: Leaf
  readonly #claims: ChunkClaims
  readonly #decompress: Decompress
  /** Pages that the library has not decompressed yet. */
  readonly #waiting: Page[] = []
  #dictionary: number | undefined
  #rows = 0

  constructor(leaf: Leaf, claims: ChunkClaims, decompress: Decompress) {
    this.#leaf = leaf
    this.#claims = claims
    this.#decompress = decompress
  }

  /**
   * Checks the headers of all pages.
   *
   * @param chunk - the bytes of the column
   * @throws Error
   */
  checkHeaders(chunk: Uint8Array): void {
    const isNested = this.#leaf.path.length > 1 || this.#leaf.maxRepetition > 0
    const pages = pagesOf(chunk, this.#claims.values, isNested)
    const values = pages.reduce((sum, page) => sum + (page.kind === kinds.dictionary ? 0 : page.values), 0)
    if (values !== this.#claims.values)
      throw new Error(`its pages must have the ${this.#claims.values} values that the footer says; they have ${values}`)
    if (!pages.some(({ from }) => from === this.#claims.dataFrom))
      throw new Error("one of its pages must begin where the footer says")
    for (const page of pages) {
      if (page.kind === kinds.dictionary) this.#dictionary = this.#entriesOf(page)
      if (page.kind !== kinds.dataV2 || this.#checkLevels(page)) this.#waiting.push(page)
    }
  }

  /**
   * Decompresses the next page, and checks what it holds.
   *
   * @throws Error
   */
  decompress(packed: Uint8Array, length: number): Uint8Array {
    const page = this.#waiting.shift()
    if (page === undefined) throw new Error("it must have no other pages than the footer says")
    const body = this.#unpack(packed, length)
    if (page.kind === kinds.dictionary) this.#checkDictionary(page, body)
    else if (page.kind === kinds.dataV2) this.#checkValuesV2(page, body, 0)
    else this.#checkData(page, body)
    return body
  }

  /** @throws Error if pages are left, or the rows that begin in the pages are not those of the row group */
  checkEnd(): void {
    if (this.#waiting.length > 0) throw new Error("not all of its pages were read")
    if (this.#rows !== this.#claims.rows)
      throw new Error(`its pages must have ${this.#claims.rows} rows; they have ${this.#rows}`)
  }

  #unpack(packed: Uint8Array, length: number): Uint8Array {
    // Values that are all null may have no bytes, with any codec.
    const isEmpty = length === 0 && packed.length === 0
    const body = isEmpty ? packed : this.#decompress(packed, length)
    if (body.length !== length)
      throw new Error(`a page must hold the ${length} bytes that its header says; got ${body.length}`)
    return body
  }

  #entriesOf(page: Page): number {
    if (this.#dictionary !== undefined) throw new Error("it must have one dictionary")
    return page.values
  }

  #checkDictionary({ values }: Page, body: Uint8Array): void {
    const { element } = this.#leaf
    checkValues(body, 0, { encoding: valueEncodings.plain, count: values, element, dictionary: undefined })
  }

  #checkData(page: Page, body: Uint8Array): void {
    const data = fieldOf<ThriftStruct>(page.header, fields.page.data) as ThriftStruct
    const { definitionEncoding, repetitionEncoding, encoding } = fields.data
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    let at = 0
    const levels = (most: number, by: number, counted: number): number | undefined => {
      if (most === 0) return undefined
      if (wholeNumberOf(data, by) !== valueEncodings.rle) throw new Error("a page must have its levels in runs")
      if (at + 4 > body.length) throw new Error("a page must have the length of its levels")
      const to = at + 4 + view.getUint32(at, true)
      if (to > body.length) throw new Error("a page must have all of its levels")
      const runs = { width: widthOf(most), count: page.values, most, counted }
      const { matching } = checkRuns(body, { from: at + 4, to }, runs)
      at = to
      return matching
    }
    const rows = levels(this.#leaf.maxRepetition, repetitionEncoding, 0)
    const count = levels(this.#leaf.maxDefinition, definitionEncoding, this.#leaf.maxDefinition)
    this.#rows += rows ?? page.values
    this.#checkRest(body, at, requiredNumber(data, encoding), count ?? page.values)
  }

  /** @returns whether the library will decompress the page */
  #checkLevels(page: Page): boolean {
    const data = fieldOf<ThriftStruct>(page.header, fields.page.dataV2) as ThriftStruct
    const { definitionBytes, repetitionBytes, nulls, rows, isPacked } = fields.dataV2
    const { maxDefinition, maxRepetition } = this.#leaf
    const [repetition, definition] = [repetitionBytes, definitionBytes].map(id => requiredNumber(data, id))
    const middle = repetition as number
    const to = middle + (definition as number)
    if (to > page.body.length || to > page.bytes) throw new Error("a page must have all of its levels")
    if ((maxRepetition === 0 && middle > 0) || (maxDefinition === 0 && to > middle))
      throw new Error("a page of a column without lists or nulls must have no levels")
    const { values } = page
    const begun = checkLevels(page.body, { from: 0, to: middle }, maxRepetition, values, 0)
    const present = checkLevels(page.body, { from: middle, to }, maxDefinition, values, maxDefinition)
    if (present !== values - requiredNumber(data, nulls))
      throw new Error(
        `a page must have the ${requiredNumber(data, nulls)} nulls that it says; it has ${values - present}`,
      )
    if (maxRepetition === 0 && requiredNumber(data, rows) !== values)
      throw new Error(`a page must have a row for each of ${values} values; got ${requiredNumber(data, rows)}`)
    this.#rows += begun
    if (fieldOf<boolean>(data, isPacked) !== false) return true
    if (page.body.length !== page.bytes) throw new Error("a page that is not compressed must have one size")
    this.#checkValuesV2(page, page.body, to)
    return false
  }

  #checkValuesV2(page: Page, body: Uint8Array, from: number): void {
    const data = fieldOf<ThriftStruct>(page.header, fields.page.dataV2) as ThriftStruct
    const count = page.values - requiredNumber(data, fields.dataV2.nulls)
    this.#checkRest(body, from, requiredNumber(data, fields.dataV2.encoding), count)
  }

  #checkRest(body: Uint8Array, from: number, encoding: number, count: number): void {
    checkValues(body, from, { encoding, count, element: this.#leaf.element, dictionary: this.#dictionary })
  }
}

/** @param all - whether bytes after the last value must be pages too: the library reads them if the column is nested */
function pagesOf(chunk: Uint8Array, values: number, all: boolean): Page[] {
  const pages: Page[] = []
  let seen = 0
  for (let at = 0; at < chunk.length && (all || seen < values || seen === 0); ) {
    const page = pageAt(chunk, at)
    pages.push(page)
    if (page.kind !== kinds.dictionary) seen += page.values
    at = page.body.byteOffset - chunk.byteOffset + page.body.length
  }
  return pages
}

function pageAt(chunk: Uint8Array, from: number): Page {
  const { struct: header, end } = readStructAt(chunk, from)
  const kind = requiredNumber(header, fields.page.kind)
  const [bytes, packedBytes] = [fields.page.bytes, fields.page.packedBytes].map(id => requiredNumber(header, id))
  if (end + (packedBytes as number) > chunk.length)
    throw new Error(`a page must be within its column; got one of ${packedBytes} bytes`)
  const body = chunk.subarray(end, end + (packedBytes as number))
  const checksum = wholeNumberOf(header, fields.page.checksum)
  if (checksum !== undefined && checksum >>> 0 !== crc32(body))
    throw new Error("a page of it is damaged: it does not match its checksum")
  return { kind, from, body, bytes: bytes as number, header, values: valuesOf(header, kind) }
}

function valuesOf(header: ThriftStruct, kind: number): number {
  const { page, data, dictionary, dataV2 } = fields
  const [id, field] =
    kind === kinds.data
      ? [page.data, data.values]
      : kind === kinds.dictionary
        ? [page.dictionary, dictionary.values]
        : [page.dataV2, dataV2.values]
  if (!Object.values<number>(kinds).includes(kind))
    throw new Error(`a page must be of a kind that can be read; got ${kind}`)
  const own = fieldOf<ThriftStruct>(header, id)
  if (own === undefined) throw new Error("a page must say what it holds")
  return requiredNumber(own, field)
}

/** How many of the levels of a page are the one that is counted. */
function checkLevels(
  body: Uint8Array,
  place: { readonly from: number; readonly to: number },
  most: number,
  count: number,
  counted: number,
): number {
  if (most === 0) return count
  return checkRuns(body, place, { width: widthOf(most), count, most, counted }).matching
}

const widthOf = (most: number) => 32 - Math.clz32(most)

function requiredNumber(struct: ThriftStruct, id: number): number {
  const value = wholeNumberOf(struct, id)
  if (value === undefined || value < 0)
    throw new Error(`a page must have whole numbers, 0 or more, in its header; got ${value}`)
  return value
}
