import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { pauseLanes } from "../../../src/queue/pause-lanes.ts"
import { TestFleet } from "../../queue/test-fleet.ts"
import { noBrowser, openPage, startBrowser } from "../test-browser.ts"
import { startTestServer } from "../test-server.ts"

const key = "a-key-of-a-test-server"
const operatorKey = "an-operator-key-of-a-test-server"

describe.skipIf(noBrowser)("the page, a fleet and API keys", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  it("asks for a key, keeps it in its tab, and shows the queue live", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    process.env["VALENCE_API_KEYS"] = key
    process.env["VALENCE_OPERATOR_KEYS"] = operatorKey
    await using server = await startTestServer({ labeller: producer, others: [] }).finally(() => {
      delete process.env["VALENCE_API_KEYS"]
      delete process.env["VALENCE_OPERATOR_KEYS"]
    })
    const httpCredentials = { username: "me", password: operatorKey, origin: server.url }
    await using test = await openPage(browser, `${server.url}/`, { httpCredentials })
    const { page } = test
    const keyField = page.getByRole("textbox", { name: "API key" })
    await keyField.waitFor()
    // Nothing was asked that would be refused.
    test.expectQuiet()
    await keyField.fill("not-the-key-of-this-server")
    await page.keyboard.press("Enter")
    await page.locator("#key-error").getByText("the API key must be one of this server's").waitFor()
    await keyField.fill(key)
    await page.keyboard.press("Enter")
    await page.locator("#results li").first().waitFor()
    expect(await page.evaluate("[JSON.stringify(localStorage), document.cookie]")).toEqual(["{}", ""])
    const figures = page.locator("#queue-figures")
    await figures.getByText("Texts waiting").waitFor()
    await pauseLanes(fleet.queues, ["bulk"])
    await producer.add(["good", "bad"], { lane: "bulk" })
    await page.getByText("paused").waitFor()
    expect((await figures.innerText()).split("\n").filter(Boolean)).toEqual(
      expect.arrayContaining(["Texts waiting", "2", "Workers", "1", "Dead letters", "0"]),
    )
    await page.locator("#queue-most").getByText("at most 2").waitFor()
    // The stream of events breaks, and another cannot be had.
    expect(await page.locator("#queue-now.stale").count()).toBe(0)
    await page.route("**/v1/queue", route => route.abort())
    server.http.closeAllConnections()
    await page.locator("#queue-now.stale").waitFor()
    await page
      .locator("#queue-error")
      .getByText(/the server does not answer; the figures are from \d/)
      .waitFor()
    await page.unroute("**/v1/queue")
    await page.locator("#queue-now:not(.stale)").waitFor()
    expect(await page.locator("#queue-error").textContent()).toBe("")
    await page.reload()
    await page.locator("#results li").first().waitFor()

    // Bull-board, for operators, whose key the browser asks for.
    await page.goto(`${server.url}/queues`)
    await page.getByText("valence-bulk").first().waitFor()
    expect(await page.locator("body").innerText()).toContain("valence-dead")
  })
})
