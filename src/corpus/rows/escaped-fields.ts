/** What a letter after an escape stands for in files without quotes, as MySQL, PostgreSQL and ClickHouse write them. */
const letters: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\n": "\n", "\r": "\r" }

/** A value that is null in the files of these databases. */
const nullOf = (escaping: string) => `${escaping}N`

/**
 * Reads the fields of a record in which an escape keeps a quote from closing its field. Inside quotes an escape makes a quote, an
 * escape or a line end ordinary; other characters after it are kept with it. A field of `\N` alone, without quotes, is empty.
 *
 * @example
 * quotedFields(",", "\\")('1,"She said \\"hi\\", then left"') // → [ '1', 'She said "hi", then left' ]
 */
export function quotedFields(delimiter: string, escaping: string): (record: string) => string[] {
  const special = new RegExp(`${literal(escaping)}(["\\r\\n]|${literal(escaping)})|""`, "g")
  return record => {
    const fields: string[] = []
    for (let at = 0; ; ) {
      const close = record[at] === '"' ? closingQuote(record, at, escaping) : -1
      const end = endOf(record, Math.max(close, at), delimiter)
      const field = record.slice(at, end)
      // A field with text after its quotes is taken as it stands.
      if (close !== -1 && close + 1 === end)
        fields.push(field.slice(1, -1).replace(special, (_, escaped) => escaped ?? '"'))
      else fields.push(field === nullOf(escaping) ? "" : field)
      if (end === record.length) return fields
      at = end + 1
    }
  }
}

/**
 * Reads the fields of a record in which quotes are ordinary, and an escape makes a delimiter, an escape or a line end ordinary; `n`,
 * `r` and `t` after it stand for line ends and tabs.
 */
export function unquotedFields(delimiter: string, escaping: string): (record: string) => string[] {
  const special = new RegExp(`${literal(escaping)}([\\s\\S])`, "g")
  const plain = (whole: string, character: string) =>
    letters[character] ?? (character === delimiter || character === escaping ? character : whole)
  return record => {
    const fields: string[] = []
    for (let at = 0, from = 0; ; at++) {
      if (record[at] === escaping) at++
      else if (at >= record.length || record[at] === delimiter) {
        const field = record.slice(from, at)
        fields.push(field === nullOf(escaping) ? "" : field.replace(special, plain))
        if (at >= record.length) return fields
        from = at + 1
      }
    }
  }
}

function literal(character: string): string {
  return `\\${character}`
}

function closingQuote(record: string, opens: number, escaping: string): number {
  for (let at = opens + 1; at < record.length; at++) {
    if (record[at] === escaping) at++
    else if (record[at] === '"' && record[at + 1] === '"') at++
    else if (record[at] === '"') return at
  }
  return -1
}

function endOf(record: string, from: number, delimiter: string): number {
  const end = record.indexOf(delimiter, from)
  return end === -1 ? record.length : end
}
