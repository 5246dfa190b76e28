/** The files of a checkpoint with its weights cut into two safetensors files and an index. */
export function sharded(files: Readonly<Record<string, Buffer>>): Record<string, string | Buffer> {
  const { "model.safetensors": whole = Buffer.alloc(0), ...rest } = files
  const headerBytes = Number(whole.readBigUInt64LE(0))
  const header = JSON.parse(whole.toString("utf8", 8, 8 + headerBytes)) as Record<string, Entry>
  const names = Object.keys(header).filter(name => name !== "__metadata__")
  const map: Record<string, string> = {}
  const shards = [names.slice(0, 9), names.slice(9)].map((tensors, index) => {
    const file = `model-0000${index + 1}-of-00002.safetensors`
    for (const name of tensors) map[name] = file
    return [file, shardOf(tensors, header, whole.subarray(8 + headerBytes))] as const
  })
  return { ...rest, ...Object.fromEntries(shards), "model.safetensors.index.json": JSON.stringify({ weight_map: map }) }
}

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

function shardOf(names: readonly string[], header: Readonly<Record<string, Entry>>, data: Buffer): Buffer {
  const entries: Record<string, Entry> = {}
  const parts: Buffer[] = []
  let end = 0
  for (const name of names) {
    const entry = header[name]
    if (!entry) throw new Error(`no tensor ${name}`)
    const part = data.subarray(...entry.data_offsets)
    entries[name] = { ...entry, data_offsets: [end, end + part.length] }
    end += part.length
    parts.push(part)
  }
  const json = Buffer.from(JSON.stringify(entries))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, ...parts])
}
