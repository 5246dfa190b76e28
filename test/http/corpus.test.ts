import { type IncomingMessage, request } from "node:http"
import { connect } from "node:net"
import { basename } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import type { CorpusOptions } from "../../src/corpus/options.ts"
import { ValenceError } from "../../src/errors.ts"
import { plainClassifier } from "../classifier/plain-classifier.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { eventually } from "../queue/test-fleet.ts"
import { startTestServer, type TestServer } from "./test-server.ts"

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ labeller: plainLabeller(), others: [], options: { maxBodyBytes: 1000 } })
})
afterAll(() => server.close())

type Body = string | Uint8Array<ArrayBuffer>

async function send(body: Body, type: string, query = "", headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/v1/corpus${query}`, {
    method: "POST",
    headers: { "content-type": type, ...headers },
    body,
  })
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()).toString(),
  }
}

/** A request that is written by hand, part by part. */
function open(url: string, headers: Record<string, string> = {}, query = "") {
  const sent = request(`${url}/v1/corpus${query}`, {
    method: "POST",
    headers: { "content-type": "text/csv", ...headers },
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve).once("error", reject)
  })
  answered.catch(() => {})
  return { sent, answered }
}

const csv = 'id,text\n1,I love it\n2,"Never,\n again"\n3,ok\n'
const jsonl = '{"id": 1, "text": "I love it"}\n{"id":2.50,"text":"Never\\nagain"}\n'

describe("POST /v1/corpus", () => {
  it("a row with more values than a row may have - its error, between its neighbours; a header, 400", async () => {
    const row = '{"text":"good"}\n'
    const answer = await send(`${row}{"text":"a","more":[${"1,".repeat(20_000)}1]}\n${row}`, "application/jsonl")
    const lines = answer.body.trim().split("\n")
    expect(lines).toHaveLength(3)
    expect(lines[1]?.slice(-100)).toContain('"message":"has more than 20000 values"')
    expect(lines[2]).toContain('"label":"POSITIVE"')
    const wide = ",x".repeat(20_000)
    expect(await send(`text\na${wide}\nb\n`, "text/csv", "?errors=true")).toMatchObject({
      status: 200,
      body: expect.stringContaining("has more than 20000 values\nb,"),
    })
    expect(await send(`text${wide}\na\n`, "text/csv")).toMatchObject({
      status: 400,
      body: expect.stringContaining("line 1, the header, has more than 20000 values"),
    })
  })

  it("charset - honoured, answered in UTF-8; another is 415", async () => {
    const latin1 = new Uint8Array(Buffer.from("text\ncaf\xe9\n", "latin1"))
    expect(await send(latin1, 'text/csv; header=present; charset="ISO-8859-1"')).toMatchObject({
      status: 200,
      body: expect.stringContaining("café,POSITIVE"),
    })
    const wide = new Uint8Array(Buffer.from("\ufefftext\ncafé\n", "utf16le"))
    expect((await send(wide, "text/csv; charset=utf-16")).body).toContain("café,POSITIVE")
    expect(await send(wide, "text/csv")).toMatchObject({
      status: 400,
      body: expect.stringContaining("send it with charset=utf-16le in Content-Type, or convert it"),
    })
    expect(await send(wide, "text/csv")).toMatchObject({ status: 400, body: expect.stringContaining("UTF-16LE") })
    expect(await send(latin1, "text/csv; charset=klingon")).toMatchObject({
      status: 415,
      body: expect.stringContaining("charset must be one of utf-8, "),
    })
  })

  it.each<[string, string, string, CorpusOptions & { format: "csv" | "tsv" | "jsonl" | "text" }]>([
    ["text/csv", csv, "", { format: "csv" }],
    ["text/csv; charset=utf-8", `\ufeff${csv.replaceAll("\n", "\r\n")}`, "", { format: "csv" }],
    ["text/csv", csv.replaceAll(",", ";"), "?delimiter=;&scores=true", { format: "csv", delimiter: ";", scores: true }],
    ["text/csv", "label,text\na,b\n", "?minScore=0.6&tokens=true", { format: "csv", minScore: 0.6, tokens: true }],
    ["text/tab-separated-values", csv.replaceAll(",", "\t"), "?column=ID", { format: "tsv", column: "ID" }],
    ["application/jsonl", jsonl, "", { format: "jsonl" }],
    ["application/x-ndjson", jsonl, "?truncated=true&prefix=v_", { format: "jsonl", truncated: true, prefix: "v_" }],
    ["text/plain", "I love it\nNever again\n", "", { format: "text" }],
  ])("%s %j %s - the bytes of valence label", async (type, body, query, options) => {
    using folder = new TemporaryFolder()
    const input = folder.write("in", body)
    const output = folder.at(`out.${options.format === "text" ? "csv" : options.format}`)
    await labelCorpus({ input, output, labeller: plainLabeller(), options })
    const answer = await send(body, type, query)
    expect(answer).toMatchObject({ status: 200, body: folder.read(basename(output)) })
  })

  it("longText windows - all of a text, and the column windows", async () => {
    await using server = await startTestServer({ labeller: await plainClassifier(), others: [] })
    const query = "?maxLength=16&longText=windows&stride=0&pooling=max&windows=true"
    const response = await fetch(`${server.url}/v1/corpus${query}`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: `${"+".repeat(100)}\n-\n`,
    })
    expect(await response.text()).toMatch(/^text,label,score,windows\n\++,PLUS,[\d.]+,8\n-,MINUS,[\d.]+,1\n$/)
  })

  it.each([
    ["text/csv", csv, "application/jsonl", /^\{"id":"1","text":"I love it","label":"NEGATIVE","score":0.59\}\n/],
    ["application/jsonl", jsonl, "text/csv;q=1, */*", /^id,text,label,score\n1,I love it,NEGATIVE,0.59\n/],
    ["text/csv", csv, "text/*", /^id,text,label,score\n/],
  ])("%s, accepting %s - answers so", async (type, body, accept, expected) => {
    expect((await send(body, type, "", { accept })).body).toMatch(expected)
  })

  it("rows that cannot be labelled - keep their place, and are counted in the trailers", async () => {
    const { sent, answered } = open(server.url)
    sent.end("id,text\n1,FAIL\n2\n3,ok\n4, \n")
    const answer = await answered
    let body = ""
    for await (const part of answer.setEncoding("utf8")) body += part
    expect(body).toBe("id,text,label,score\n1,FAIL,,\n,,,\n3,ok,POSITIVE,0.52\n4, ,,\n")
    expect(answer.headers.trailer).toBe("x-valence-rows, x-valence-failed, x-valence-empty")
    expect(answer.trailers).toEqual({ "x-valence-rows": "4", "x-valence-failed": "2", "x-valence-empty": "1" })
  })

  it("HTTP/1.0, which knows neither chunks nor trailers - the rows, and the end of the connection", async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.write(`POST /v1/corpus HTTP/1.0\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nok\n`)
    let answer = ""
    for await (const part of socket.setEncoding("utf8")) answer += part
    const [head = "", body] = answer.split("\r\n\r\n")
    expect(head).not.toMatch(/chunked|trailer/i)
    expect(body).toBe("text,label,score\nok,POSITIVE,0.52\n")
  })

  it("errors=true - says in CSV why a row has no label", async () => {
    const { body } = await send("error,text\n1,FAIL\n2\n3,ok\n", "text/csv", "?errors=true")
    expect(body.split("\n")).toEqual([
      "error,text,label,score,valence_error",
      "1,FAIL,,,text_failed: cannot label 4 characters",
      ',,,,"row_invalid: has 1 field, and the header 2"',
      "3,ok,POSITIVE,0.52,",
      "",
    ])
  })

  it("header=false, skipLines, column by number - as valence label has them; minScore above 1 is refused", async () => {
    const body = "exported\n1,ok\n2,I love it\n"
    expect((await send(body, "text/csv", "?header=false&skipLines=1&column=2")).body).toBe(
      "1,ok,POSITIVE,0.52\n2,I love it,NEGATIVE,0.59\n",
    )
    const warned = await send("1,\u00e9 t\n2,ok\n", "text/csv", "?column=2")
    expect(warned.headers.get("x-valence-warning")).toMatch(/"1" looks like data: if the first row is no header/)
    const refused = await send(csv, "text/csv", "?minScore=80")
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining("minScore must be a number, 0 to 1") })
  })

  it("empty - blank texts are skipped, listed or labelled", async () => {
    const body = '{"text":null}\n{"text":"ok"}\n'
    const ofQuery = async (query: string) => (await send(body, "application/jsonl", query)).body.split("\n")[0]
    expect(await ofQuery("")).toBe('{"text":null,"label":null,"score":null}')
    expect(await ofQuery("?empty=skip")).toBe('{"text":null,"label":null,"score":null}')
    expect(await ofQuery("?empty=error")).toMatch(/^\{"text":null,.*"error":\{"code":"text_empty",/)
    expect(await ofQuery("?empty=label")).toBe('{"text":null,"label":"POSITIVE","score":0.5}')
  })

  it("JSON Lines - say in the row why it has no label, and keep its fields", async () => {
    const { body } = await send(
      '{"id":1,"text":"ok"}\n{"id":2,"text":7}\n{"id":3,"text":"FAIL"}\nnot\n',
      "application/jsonl",
    )
    expect(
      body
        .trim()
        .split("\n")
        .map(line => JSON.parse(line)),
    ).toEqual([
      { id: 1, text: "ok", label: "POSITIVE", score: 0.52 },
      {
        id: 2,
        text: 7,
        label: null,
        score: null,
        error: { code: "row_invalid", message: expect.stringContaining("must be a string") },
      },
      {
        id: 3,
        text: "FAIL",
        label: null,
        score: null,
        error: { code: "text_failed", message: "cannot label 4 characters" },
      },
      { label: null, score: null, error: { code: "row_invalid", message: 'must be a JSON object; got "not"' } },
    ])
  })

  it.each([
    ["?minScore=x", csv, "text/csv", 400, 'minScore must be a number, 0 or more; got "x"'],
    ["?column=none", csv, "text/csv", 400, 'column must be one of the input\'s columns, "id", "text"; got "none"'],
    ["?force=true", csv, "text/csv", 400, "/querystring/force is not known"],
    ["?quotes=some", csv, "text/csv", 400, "/querystring/quotes must be one of csv, none"],
    ["?model=none", csv, "text/csv", 404, 'model must be one of plain; got "none"'],
    ["", "", "text/csv", 400, "input is empty: its first row must name the columns"],
    ["", "{}", "application/json", 415, "Content-Type must be one of text/csv, text/tab-separated-values,"],
    ["", "[]", "application/json", 415, "send JSON Lines, or an array of objects, as application/jsonl"],
    ["", "", "application/gzip", 415, "gzip and Zstandard are recognised by their first bytes"],
    ["", csv, "application/csv", 415, "send CSV as text/csv"],
    ["", csv, "application/pdf", 415, "text/plain; got application/pdf"],
  ])("%s %j %s - %i: %s", async (query, body, type, status, detail) => {
    const answer = await send(body, type, query)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body).detail).toContain(detail)
  })

  it("Accept without a type that there is - 406", async () => {
    expect((await send(csv, "text/csv", "", { accept: "image/png" })).status).toBe(406)
  })

  it("a compressed body - is decompressed; with another encoding or a broken one it is refused", async () => {
    const zipped = new Uint8Array(gzipSync(csv))
    expect(await send(zipped, "text/csv", "", { "content-encoding": "gzip" })).toMatchObject({
      status: 200,
      body: expect.stringContaining("1,I love it,"),
    })
    expect((await send(csv, "text/csv", "", { "content-encoding": "gzip" })).status).toBe(400)
    expect((await send(zipped, "text/csv", "", { "content-encoding": "br" })).status).toBe(415)
  })

  it("a compressed body that breaks off - breaks the connection", async () => {
    const zipped = gzipSync(`text\n${Array.from({ length: 50_000 }, (_, row) => `${row} good\n`).join("")}`)
    const { sent, answered } = open(server.url, { "content-encoding": "gzip" })
    sent.on("error", () => {})
    sent.end(zipped.subarray(0, zipped.length / 2))
    const answer = await answered
    await expect(async () => {
      for await (const _ of answer);
    }).rejects.toThrow("aborted")
  })

  it("Expect: 100-continue - is told to go on", async () => {
    const { sent, answered } = open(server.url, { expect: "100-continue" })
    sent.flushHeaders()
    await new Promise(resolve => sent.once("continue", resolve))
    sent.end(csv)
    expect((await answered).resume().statusCode).toBe(200)
  })

  it("answers rows while others are still to come, and texts stand in lane bulk", async () => {
    const lanes: unknown[] = []
    await using server = await startTestServer({
      labeller: plainLabeller((_, { lane }) => lanes.push(lane)),
      others: [],
    })
    const { sent, answered } = open(server.url)
    sent.write(`text\n${"a\n".repeat(10_000)}`)
    const answer = await answered
    await new Promise(resolve => answer.once("data", resolve))
    sent.end()
    answer.resume()
    await new Promise(resolve => answer.once("end", resolve))
    expect(new Set(lanes.slice(1))).toEqual(new Set(["bulk"]))
  })

  it("a client that does not read - holds up its own sending, and memory does not grow", async () => {
    let labelled = 0
    await using server = await startTestServer({
      labeller: plainLabeller(texts => {
        labelled += texts.length
      }),
      others: [],
    })
    const { sent, answered } = open(server.url)
    const row = `${"x".repeat(1000)}\n`
    sent.write("text\n")
    let written = 0
    while (written < 200_000 && sent.write(row)) written++
    const answer = await answered
    // Writes until neither side takes any more.
    for (let last = -1; last !== labelled; ) {
      last = labelled
      for (let more = 0; more < 1000 && sent.writableLength < 4e6; more++) sent.write(row)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    expect(labelled).toBeLessThan(60_000)
    answer.resume()
    sent.end()
    await new Promise(resolve => answer.once("end", resolve))
    expect(Number(answer.trailers["x-valence-rows"])).toBeGreaterThan(labelled / 2)
  })

  it("the client goes - the work ends", async () => {
    let signal: AbortSignal | undefined
    const labeller = plainLabeller((texts, options) => {
      if (texts[0] === "Good morning") return
      signal = options.signal
      return new Promise(() => {})
    })
    await using server = await startTestServer({ labeller, others: [] })
    const { sent } = open(server.url)
    sent.write(`text\n${"a\n".repeat(1000)}`)
    await eventually(() => signal)
    sent.destroy()
    await eventually(() => signal?.aborted)
  })

  it("an error in the middle - breaks the connection", async () => {
    const labeller = plainLabeller(texts => {
      if (texts.includes("broken")) throw new ValenceError("device_failed", "device is gone")
    })
    await using server = await startTestServer({ labeller, others: [] })
    const { sent, answered } = open(server.url)
    sent.on("error", () => {})
    sent.end(`text\n${"a\n".repeat(100_000)}broken\n${"a\n".repeat(1000)}`)
    const answer = await answered
    expect(answer.statusCode).toBe(200)
    await expect(async () => {
      for await (const _ of answer);
    }).rejects.toThrow("aborted")
  })

  it("a full queue - is waited for", async () => {
    let tries = 0
    const labeller = plainLabeller(([text]) => {
      if (text !== "Good morning" && ++tries < 3) throw new ValenceError("queue_full", "too many wait")
    })
    await using server = await startTestServer({ labeller, others: [] })
    const { sent, answered } = open(server.url)
    sent.end(csv)
    expect((await answered).resume().statusCode).toBe(200)
    await eventually(() => tries === 3)
  })

  it("a client that sends nothing for too long - 408, and one stream more than maxStreams - 503", async () => {
    await using server = await startTestServer({ options: { bodyTimeoutMs: 300, maxStreams: 1 } })
    const first = open(server.url)
    first.sent.flushHeaders()
    first.sent.write("te")
    await eventually(async () => {
      const second = open(server.url)
      second.sent.end(csv)
      return (await second.answered).resume().statusCode === 503
    })
    expect((await first.answered).resume().statusCode).toBe(408)
    first.sent.on("error", () => {}).destroy()
    await eventually(async () => {
      const third = open(server.url)
      third.sent.end(csv)
      return (await third.answered).resume().statusCode === 200
    })
  })
})
