import { readFile } from "node:fs/promises"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { noBrowser, openPage, startBrowser } from "../test-browser.ts"
import { startTestServer, type TestServer } from "../test-server.ts"

const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => `${index},"It is ${index % 2 ? "good" : "bad"},\n""really"""`)
const csvOf = (count: number) => `id,text\n${rows(count).join("\n")}\n`

/** Drops a file as a person does. */
async function drop(page: Page, name: string, content: string): Promise<void> {
  const made = `(() => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(name)}))
    return transfer
  })()`
  await page.locator("#drop").dispatchEvent("drop", { dataTransfer: await page.evaluateHandle(made) })
}

async function download(page: Page): Promise<{ name: string; content: string }> {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByText(/^Download /).click()])
  return { name: file.suggestedFilename(), content: await readFile(await file.path(), "utf8") }
}

describe.skipIf(noBrowser)("the page, a file", () => {
  let browser: Browser
  let server: TestServer
  beforeAll(async () => {
    browser = await startBrowser()
    server = await startTestServer()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  it("a CSV that is dropped - can be downloaded with its labels, all of it in order", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    // More than one part.
    const count = 20_000
    await drop(page, "reviews.csv", csvOf(count))
    await page.getByText("20,000 rows labelled in").first().waitFor()
    const { name, content } = await download(page)
    expect(name).toBe("reviews.labelled.csv")
    const [header, ...labelled] = content.trimEnd().split(/\n(?=\d+,)/)
    expect(header).toMatch(/^id,text,label,score/)
    expect(labelled.map(row => row.split(",label")[0]?.slice(0, 30))).toHaveLength(count)
    for (const [index, row] of rows(count).entries())
      expect(labelled[index]?.startsWith(`${row},${index % 2 ? "POSITIVE,3" : "NEGATIVE,-3"}`)).toBe(true)
    test.expectQuiet()
  })

  it("a file that is chosen by the keyboard, and its name is markup - is a file", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    const name = `"><img src=x onerror=alert(1)>'.jsonl`
    await page.locator("#results li").first().waitFor()
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator("#file").press("Space")])
    await chooser.setFiles({ name, mimeType: "text/plain", buffer: Buffer.from('{"text":"good"}\n{"text":"bad"}') })
    await page.getByText("2 rows labelled in").first().waitFor()
    const { content } = await download(page)
    expect(
      content
        .trimEnd()
        .split("\n")
        .map(line => JSON.parse(line).label),
    ).toEqual(["POSITIVE", "NEGATIVE"])
    expect(await page.locator("img[src=x]").count()).toBe(0)
    test.expectQuiet()
  })

  it("what becomes of a text that is too long - is asked of the API, and shown as a command", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await page.getByLabel("Long texts").last().selectOption("windows")
    const sent = page.waitForRequest(/v1\/corpus/)
    await drop(page, "reviews.csv", csvOf(1))
    expect(new URL((await sent).url()).searchParams.get("longText")).toBe("windows")
    await page.getByText("1 row labelled in").first().waitFor()
    await page.getByText("The same request with curl").last().click()
    await page.locator("#file-curl").getByText("longText=windows").waitFor()
    test.expectQuiet()
  })

  it("another file while one is under way, and Cancel - end it", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    await page.locator("#results li").first().waitFor()
    // Held on its way, so that it is under way.
    await page.route("**/v1/corpus*", route => page.once("close", () => void route.abort()), { times: 2 })
    await drop(page, "first.csv", csvOf(1))
    await drop(page, "second.csv", csvOf(1))
    await page.getByRole("button", { name: "Cancel" }).click()
    await page.locator("#file-state").getByText("Cancelled").waitFor()
    await drop(page, "third.csv", csvOf(1))
    await page.locator("#file-state").getByText("1 row labelled in").waitFor()
    expect((await download(page)).name).toBe("third.labelled.csv")
    test.expectQuiet()
  })

  it("a column that is not there - the API's own words", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await page.getByLabel("Column of the text").fill("nope")
    await drop(page, "reviews.csv", csvOf(1))
    await page.locator("#file-error").getByText("nope").waitFor()
    await page.getByText("Not labelled").first().waitFor()
  })
})
