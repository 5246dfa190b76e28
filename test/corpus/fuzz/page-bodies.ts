import { parquetMetadata } from "hyparquet"
import { readStructAt, wholeNumberOf } from "../../../src/corpus/parquet/thrift-struct.ts"

/** Some bytes of a file, without the last. */
export interface Extent {
  readonly from: number
  readonly to: number
}

const packedBytes = 3

/** Where the pages of a column are, without their headers. */
export function pageBodies(bytes: Buffer, column: string): readonly Extent[] {
  const file = new Uint8Array(bytes)
  const chunks = parquetMetadata(file.buffer, { geoparquet: false }).row_groups.flatMap(group => group.columns)
  return chunks.flatMap(({ meta_data: meta }) => {
    if (meta?.path_in_schema[0] !== column) return []
    const begin = Number(meta.dictionary_page_offset || meta.data_page_offset)
    const end = begin + Number(meta.total_compressed_size)
    const bodies: Extent[] = []
    for (let at = begin; at < end; ) {
      const { struct, end: from } = readStructAt(file, at)
      at = from + (wholeNumberOf(struct, packedBytes) as number)
      bodies.push({ from, to: at })
    }
    return bodies
  })
}
