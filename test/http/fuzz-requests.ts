import { gzipSync } from "node:zlib"

/** A route as the OpenAPI document has it. */
export interface FuzzRoute {
  readonly method: string
  /** Its pattern: `/v1/jobs/{id}`. */
  readonly path: string
  /** The statuses that it is documented to answer. */
  readonly statuses: readonly number[]
}

/** What is sent, and what may be answered. */
export interface FuzzCase {
  /** To be shown. */
  readonly name: string
  /** Sent one after the other, with a pause between. */
  readonly parts: readonly Buffer[]
  /** Whether the connection is cut after the last part. */
  readonly cut: boolean
  readonly allowed: ReadonlySet<number>
}

/** Numbers that follow from a seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }

  chance(part: number): boolean {
    return this.next() < part
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)))
  }
}

/** What any request may be answered that is no good HTTP, asks for what is not there, or has a body; docs/reference/http.md lists them. */
const anyway = [400, 404, 405, 408, 413, 415, 417, 431]

const methods = [
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "HEAD",
  "TRACE",
  "PROPFIND",
  "CONNECT",
  "FOO",
  "get",
]

/** Values of JSON that have no text form, or are deep. */
const oddValues = [
  '{"toString":1,"valueOf":1}',
  '{"__proto__":{"toString":1}}',
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  `${'{"a":'.repeat(3000)}1${"}".repeat(3000)}`,
]

const jsonBodies = [
  ...oddValues.flatMap(value =>
    ["text", "texts", "inputs", "input", "model", "topK", "webhook", "metadata", "input_file_id"].map(
      name => `{"text":"a","${name}":${value}}`,
    ),
  ),
  ...oddValues,
  '{"text":"I love it"}',
  '{"texts":["I love it","Never again",""]}',
  '{"text":"a","text":5,"text":"b"}',
  '{"text":"a","__proto__":{"model":"x"}}',
  '{"__proto__":null,"constructor":{"prototype":{"text":"a"}}}',
  '{"text":"a","topK":1e999}',
  '{"text":"a","topK":123456789012345678901234567890}',
  '{"text":"a","topK":-0}',
  '{"text":"a","maxLength":1e308,"scoreFunction":"sigmoid"}',
  '{"texts":[null,{},[],1,true]}',
  '{"texts":{"0":"a","length":1}}',
  '{"text":"\\ud800\\udfff\\u0000\\uffff"}',
  '{"text":"a","model":"\\u0000"}',
  '{"text":"a","priority":1,"deadlineMs":1099511627776}',
  '{"input_file_id":"file-0","endpoint":"/v1/label","completion_window":"24h"}',
  '{"input_file_id":"file-0","endpoint":"/v1/label","completion_window":"24h","metadata":{"__proto__":"a"}}',
  '{"text":"a","webhook":{"url":"http://[::1]:1/"}}',
  '{"text":"a","webhook":{"url":"javascript:1"}}',
  '"text"',
  "null",
  "[]",
  "{}",
  "",
  " ",
  "{",
  '{"text":"a"}}',
  '\ufeff{"text":"a"}',
  "NaN",
  `${"[".repeat(20_000)}`,
  `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`,
  `{"text":"${"x".repeat(30_000)}"}`,
  `{"texts":[${'"a",'.repeat(3000)}"a"]}`,
  `{"text":"${"y".repeat(200_000)}"}`,
]

const corpusBodies = [
  ...oddValues.map(value => `{"text":"a"}\n{"text":${value}}\n{"text":"b","more":${value}}\n${value}\n`),
  '{"text":"a"}\n',
  `text\n"${"open\n".repeat(2000)}`,
  "\u0000".repeat(50_000),
  "id,text\n1,good\n2,bad\n",
  "text\n",
  "a,a\n1,2\n",
  'text\n"open\n',
  '{"text":"good"}\n{"text":1}\n[]\n{"__proto__":1,"text":"a"}\n',
  `{"text":${"[".repeat(20_000)}}\n`,
  "\ufeff\r\n\r\n",
  `text\n${"good\n".repeat(5000)}`,
  "\u0000\u0001",
]

const field = (name: string, value: string, more = "") =>
  `--x\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const fileField = (text: string) => field("file", text, '; filename="a.jsonl"')

const formBodies = [
  `${field("purpose", "batch")}${fileField(
    oddValues.map(value => `{"custom_id":${value},"method":${value},"url":${value},"body":${value}}\n`).join(""),
  )}--x--\r\n`,
  `${field("purpose", "batch")}${fileField('{"custom_id":"1"}\n')}--x--\r\n`,
  `${fileField("x".repeat(70_000))}${field("purpose", "batch")}--x--\r\n`,
  `${fileField("a")}${fileField("b")}${field("purpose", "batch")}--x--\r\n`,
  `${field("file", "no file")}${field("purpose", "fine-tune")}--x--\r\n`,
  `${field("__proto__", "a")}${field("purpose", "batch")}--x--\r\n`,
  `${field("a", "b").repeat(50)}--x--\r\n`,
  fileField("never ended"),
  "--x\r\ncontent-disposition: form-data\r\n\r\n",
  "--x--\r\n",
]

const types = [
  "application/json",
  "application/json; charset=utf-8",
  "text/csv",
  "application/jsonl",
  "application/x-ndjson",
  "text/tab-separated-values",
  "text/plain",
  "application/xml",
  "multipart/form-data; boundary=x",
  "application/x-www-form-urlencoded",
  "",
  ";;;",
  "application/json, text/csv",
]

const queries = [
  "",
  "?wait=0.01",
  "?wait=-1",
  "?wait=1e999",
  "?wait=1&wait=2",
  "?model=none&column=%00",
  "?scores=true&tokens=1",
  "?minScore=0.5&errors=true",
  "?delimiter=%2C&quotes=none",
  "?__proto__=1&constructor=2",
  "?%ff=%fe",
  "?%",
  `?a=${"b".repeat(5000)}`,
  "?column[]=a&column[b]=c",
]

const segments = [
  "h00000000000000000000000000000000",
  "x",
  "..",
  "%2e%2e%2f",
  "%00",
  "%ff",
  "a".repeat(600),
  "h0~9",
  "*",
  " ",
]

const oddHeaders = [
  "expect: 100-continue",
  "expect: something",
  "content-encoding: gzip",
  "content-encoding: br, gzip",
  "accept: image/png",
  "accept: ,;q=x",
  "accept: application/jsonl",
  "authorization: Bearer x",
  "authorization: Basic %%%",
  "idempotency-key: same",
  "idempotency-key: ",
  `idempotency-key: ${"k".repeat(300)}`,
  "x-forwarded-for: 1.2.3.4",
  "origin: null",
  "upgrade: websocket\r\nconnection: upgrade",
  "range: bytes=0-1",
  "if-none-match: *",
  "te: trailers",
  "x-http-method-override: DELETE",
  "no colon",
  "bad name : x",
  "a: \u0001",
  "folded: a\r\n b",
  `long: ${"x".repeat(20_000)}`,
  "a: b\r\n".repeat(300).trimEnd(),
  "host: y",
  "content-length: 5",
  "transfer-encoding: chunked",
  "transfer-encoding: gzip, chunked",
]

/** Makes requests of all kinds to all routes, from a seed. */
export class FuzzRequests {
  readonly #random: Random
  readonly #routes: readonly FuzzRoute[]

  constructor(routes: readonly FuzzRoute[], random: Random) {
    this.#random = random
    this.#routes = routes
  }

  /** The next one; several where they are pipelined. */
  next(): FuzzCase {
    const random = this.#random
    if (random.chance(0.03)) return this.#noise()
    if (random.chance(0.15)) return this.#stream()
    const pipelined = random.chance(0.05) ? 2 + random.below(4) : 1
    const requests = Array.from({ length: pipelined }, (_, index) => this.#request(index === pipelined - 1))
    const bytes = Buffer.concat(requests.map(({ bytes }) => bytes))
    const cut = random.chance(0.08)
    return {
      name: requests.map(({ name }) => name).join(" + "),
      parts: this.#split(cut ? bytes.subarray(0, random.below(bytes.length)) : bytes),
      cut,
      allowed: new Set([...anyway, ...requests.flatMap(({ statuses }) => statuses)]),
    }
  }

  #noise(): FuzzCase {
    const random = this.#random
    const bytes = random.of([
      random.bytes(1 + random.below(500)),
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      Buffer.from("\r\n".repeat(100)),
      Buffer.from("GET / HTTP/9.9\r\n\r\n"),
      Buffer.from(`GET ${"/a".repeat(10_000)} HTTP/1.1\r\nhost: x\r\n\r\n`),
      Buffer.from("\u0016\u0003\u0001\u0002\u0000"),
    ])
    return { name: "noise", parts: [bytes], cut: true, allowed: new Set(anyway) }
  }

  /** A body in chunks that is packed, torn, silent, or comes a byte at a time. */
  #stream(): FuzzCase {
    const random = this.#random
    const route = random.chance(0.6)
      ? (this.#routes.find(({ path }) => path.endsWith("/corpus")) as FuzzRoute)
      : random.of(this.#routes.filter(({ method }) => method === "POST"))
    const plain = this.#body(route)
    const packed = random.chance(0.4)
    const body = packed ? this.#packed(plain) : plain
    const headers = [
      ...["host: x", "connection: close", "transfer-encoding: chunked", `content-type: ${this.#type(route)}`],
      ...(packed ? ["content-encoding: gzip"] : []),
    ]
    const [end, cut] = random.of([
      ["0\r\n\r\n", false],
      ["0\r\nx-trailer: a\r\ncontent-length: 5\r\n\r\n", false],
      // It goes, says nothing more, or breaks off within a chunk.
      ["", true],
      ["", false],
      ["ff\r\nabc", random.chance(0.5)],
    ] as const)
    const size = random.of([1, 1, 7, 1000, 100_000])
    const chunks: Buffer[] = []
    for (let at = 0; at < body.length; at += size) {
      const part = body.subarray(at, at + size)
      chunks.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"))
    }
    const head = Buffer.from(
      `POST ${route.path.replace(/\{[^}]+\}/g, "x")} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`,
    )
    return {
      name: `stream to ${route.path}`,
      parts: [...this.#split(Buffer.concat([head, ...chunks])), Buffer.from(end)],
      cut,
      allowed: new Set([...anyway, ...this.#routes.filter(of => of.path === route.path).flatMap(of => of.statuses)]),
    }
  }

  /** Gzip: good, cut, with garbage after it or in it, or of far more than may be sent. */
  #packed(plain: Buffer): Buffer {
    const random = this.#random
    const gzip = gzipSync(random.chance(0.1) ? Buffer.alloc(500_000, random.of(["\0", "\n", "a\n"])) : plain)
    const middle = random.below(gzip.length)
    return random.of([
      gzip,
      gzip.subarray(0, middle),
      Buffer.concat([gzip, random.bytes(200)]),
      Buffer.concat([gzip.subarray(0, middle), Buffer.alloc(1000, 0xff)]),
    ])
  }

  #request(last: boolean) {
    const random = this.#random
    const route = random.of(this.#routes)
    const method = random.chance(0.1) ? random.of(methods) : route.method
    const path =
      route.path.replace(/\{[^}]+\}/g, () => random.of(segments)) + (random.chance(0.3) ? random.of(queries) : "")
    const headers = ["host: x", ...(last ? ["connection: close"] : [])]
    while (random.chance(0.25)) headers.push(random.of(oddHeaders))
    const body = method === "GET" || method === "HEAD" ? Buffer.alloc(0) : this.#body(route)
    if (body.length > 0 || random.chance(0.1))
      headers.push(`content-type: ${this.#type(route)}`, ...this.#framing(body))
    const version = random.chance(0.02) ? "HTTP/1.0" : "HTTP/1.1"
    const head = Buffer.from(`${method} ${path} ${version}\r\n${headers.join("\r\n")}\r\n\r\n`)
    const chunked = headers.includes("transfer-encoding: chunked")
    // What a method that a route does not have is answered is a 405; what one that it has is, is documented.
    const statuses = this.#routes.filter(of => of.path === route.path).flatMap(of => of.statuses)
    return {
      name: `${method} ${path.slice(0, 80)}`,
      statuses,
      bytes: Buffer.concat([head, chunked ? this.#chunks(body) : body]),
    }
  }

  #type({ path }: FuzzRoute): string {
    const random = this.#random
    if (random.chance(0.2)) return random.of(types)
    if (path.endsWith("/files")) return "multipart/form-data; boundary=x"
    return path.endsWith("/corpus") ? random.of(types.slice(2, 7)) : "application/json"
  }

  #body({ path }: FuzzRoute): Buffer {
    const random = this.#random
    const own = path.endsWith("/corpus") ? corpusBodies : path.endsWith("/files") ? formBodies : jsonBodies
    const body = Buffer.from(random.of(random.chance(0.8) ? own : jsonBodies))
    if (random.chance(0.1))
      return Buffer.concat([body.subarray(0, random.below(body.length + 1)), random.bytes(random.below(20))])
    if (random.chance(0.1) && body.length > 0) {
      const broken = Buffer.from(body)
      for (let flips = 1 + random.below(4); flips > 0; flips--) broken[random.below(broken.length)] = random.below(256)
      return broken
    }
    return body
  }

  #framing(body: Buffer): string[] {
    const random = this.#random
    if (random.chance(0.85)) return [`content-length: ${body.length}`]
    return random.of([
      ["transfer-encoding: chunked"],
      [`content-length: ${body.length + 1 + random.below(100)}`],
      [`content-length: ${Math.max(0, body.length - 1 - random.below(10))}`],
      ["content-length: -1"],
      ["content-length: 99999999999999999999"],
      ["content-length: x"],
      [`content-length: ${body.length}`, `content-length: ${body.length + 1}`],
      [`content-length: ${body.length}`, "transfer-encoding: chunked"],
      [],
    ])
  }

  #chunks(body: Buffer): Buffer {
    const random = this.#random
    const size = random.chance(0.8) ? body.length.toString(16) : random.of(["fffffffffffffffff", "-1", "zz", "0", "1"])
    const chunk = body.length === 0 ? [] : [Buffer.from(`${size}\r\n`), body, Buffer.from("\r\n")]
    return Buffer.concat([...chunk, Buffer.from(random.chance(0.9) ? "0\r\n\r\n" : "0\r\nx: y")])
  }

  /** A body that comes in parts, now and then. */
  #split(bytes: Buffer): Buffer[] {
    const random = this.#random
    if (random.chance(0.9) || bytes.length < 2) return [bytes]
    const at = random.below(bytes.length)
    return [bytes.subarray(0, at), bytes.subarray(at)]
  }
}
