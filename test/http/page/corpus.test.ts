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

/** Drops a file, and labels it. */
async function label(page: Page, name: string, content: string): Promise<void> {
  await drop(page, name, content)
  await page.locator("#file-name").getByText(name).waitFor()
  await page.getByRole("button", { name: "Label the file" }).click()
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
    await label(page, "reviews.csv", csvOf(count))
    await page.getByText("20,000 rows labelled in").first().waitFor()
    const { name, content } = await download(page)
    expect(await page.locator("#file-counts li").allInnerTexts()).toEqual([
      expect.stringMatching(/^NEGATIVE\s+10,000 · 50.0%$/),
      expect.stringMatching(/^POSITIVE\s+10,000 · 50.0%$/),
    ])
    expect(await page.locator("#file-facts").innerText()).toBe("20,000 of 20,000 rows labelled · mean score 0.000")
    expect(await page.locator("#file-preview tr").allInnerTexts()).toEqual(
      Array.from({ length: 10 }, (_, index) =>
        expect.stringMatching(
          index % 2
            ? new RegExp(`^${index + 1}\\s+It is good,\\s"really"\\s+POSITIVE\\s+3.000$`)
            : new RegExp(`^${index + 1}\\s+It is bad,\\s"really"\\s+NEGATIVE\\s+−3.000$`),
        ),
      ),
    )
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
    await page.getByRole("button", { name: "Label the file" }).press("Enter")
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
    await label(page, "reviews.csv", csvOf(1))
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
    for (const name of ["first.csv", "second.csv"]) {
      const sent = page.waitForRequest(/v1\/corpus/)
      await label(page, name, csvOf(1))
      await sent
    }
    await page.getByRole("button", { name: "Cancel" }).click()
    await page.locator("#file-state").getByText("Cancelled").waitFor()
    await label(page, "third.csv", csvOf(1))
    await page.locator("#file-state").getByText("1 row labelled in").waitFor()
    expect((await download(page)).name).toBe("third.labelled.csv")
    test.expectQuiet()
  })

  it("columns of a header - are offered, the likeliest at first; another one is labelled when it is chosen", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await drop(page, "shop.csv", 'id,"Review",Review, ,note\n1,good,bad,x,a bad one\n2,bad,good,x,\n')
    const column = page.getByLabel("Text column")
    await column.getByText("note").waitFor({ state: "attached" })
    expect(await column.locator("option").allInnerTexts()).toEqual(["id", "Review", "Review", "column 4", "note"])
    expect(await column.inputValue()).toBe("2")
    await page.getByRole("button", { name: "Label the file" }).click()
    const preview = page.locator("#file-preview tr")
    await preview.first().getByText("good").waitFor()
    await column.selectOption({ label: "note" })
    await page.getByRole("button", { name: "Label again" }).click()
    await preview.first().getByText("a bad one").waitFor()
    expect(await preview.last().innerText()).toMatch(/no text/)
    expect(await page.locator("#file-facts").innerText()).toContain(
      "1 of 2 rows labelled · mean score −3.000 · 1 without text",
    )
    test.expectQuiet()
  })

  it("rows that failed - are counted, with the reason in the preview", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await label(page, "rows.jsonl", '{"data":{"text":"good"}}\n{"data":{"text":5}}\n')
    // The only column is chosen.
    await page.locator("#file-facts").getByText("1 of 2 rows labelled · mean score 3.000 · 1 failed").waitFor()
    expect(await page.locator("#file-preview tr").allInnerTexts()).toEqual([
      expect.stringMatching(/^1\s+good\s+POSITIVE\s+\+?3.000$/),
      expect.stringMatching(/^2\s+row_invalid: .* must be a string; got a number, 5$/),
    ])
  })

  it("a file without a text column - the API's own words, until a column is chosen", async () => {
    await using test = await openPage(browser, `${server.url}/`)
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await label(page, "reviews.csv", "id,said\n1,good\n")
    await page.locator("#file-error").getByText("column must be given").waitFor()
    await page.getByText("Not labelled").first().waitFor()
    await page.getByLabel("Text column").selectOption("said")
    await page.getByRole("button", { name: "Label the file" }).click()
    await page.getByText("1 row labelled in").first().waitFor()
    expect(await page.locator("#file-error").textContent()).toBe("")
  })
})
