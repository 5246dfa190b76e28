import { mkdirSync } from "node:fs"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openQueues } from "../../../src/queue/open-queues.ts"
import { eventually, TestFleet } from "../../queue/test-fleet.ts"
import { noBrowser, openPage, startBrowser } from "../test-browser.ts"
import { startTestServer } from "../test-server.ts"

const key = "a-key-of-a-test-server"
const operatorKey = "an-operator-key-of-a-test-server"

describe.skipIf(noBrowser)("dead letters in the page", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(() => browser?.close())

  async function start(withKeys: boolean) {
    const fleet = await TestFleet.open()
    await fleet.worker()
    const producer = await fleet.producer()
    const queues = await openQueues({ redis: fleet.url, keyPrefix: fleet.keyPrefix })
    if (withKeys) {
      process.env["VALENCE_API_KEYS"] = key
      process.env["VALENCE_OPERATOR_KEYS"] = operatorKey
    }
    const server = await startTestServer({ labeller: producer, others: [] }).finally(() => {
      delete process.env["VALENCE_API_KEYS"]
      delete process.env["VALENCE_OPERATOR_KEYS"]
    })
    for (const id of ["one", "two", "three"]) {
      const texts = [{ text: `<b>A text</b> of ${id}` }, { text: "another" }]
      await fleet.queues.of("bulk").add("label", { v: 1, texts, typo: 1 }, { jobId: id })
    }
    await eventually(async () => (await queues.deadLetters.count()) === 3)
    const close = async () => {
      await server.close()
      await queues.close()
      await fleet[Symbol.asyncDispose]()
    }
    return { fleet, queues, server, [Symbol.asyncDispose]: close }
  }

  it("shows why, when and with which texts jobs failed; retries one, and drops the rest after a second click", async () => {
    await using served = await start(false)
    await using test = await openPage(browser, `${served.server.url}/`)
    const { page } = test
    await page.getByText("Dead letters (3)").click()
    const items = page.locator("#letter-list > li")
    await items.nth(2).waitFor()
    expect(await items.first().innerText()).toContain("job_invalid")
    expect(await items.first().innerText()).toMatch(
      /must have no property "typo"[\s\S]*valence-bulk\.one\. Tried once, with plain/,
    )
    await items.first().getByText("2 texts").click()
    // As it is, never as HTML.
    await items.first().getByText("<b>A text</b> of one").waitFor()
    const folder = process.env["SCREENSHOTS"]
    if (folder) {
      mkdirSync(folder, { recursive: true })
      await page.locator("#queue").screenshot({ path: `${folder}/letters.png` })
    }
    await items.first().getByRole("button", { name: "Retry" }).click()
    await page.getByText("1 job was put back in its queue.").waitFor()
    await eventually(async () => (await served.queues.deadLetters.ids()).at(-1) === "valence-bulk.one")
    await page.getByRole("button", { name: "Refresh" }).click()
    await items.nth(2).getByText("valence-bulk.one").waitFor()
    await page.getByRole("button", { name: "Drop all", exact: true }).click()
    expect(await served.queues.deadLetters.count()).toBe(3)
    await page.getByRole("button", { name: "Drop all for good?" }).click()
    await page.getByText("3 jobs were dropped.").waitFor()
    expect(await served.queues.deadLetters.count()).toBe(0)
    test.expectQuiet()
  })

  it("with keys - an API key is told that it needs an operator's, which opens them", async () => {
    await using served = await start(true)
    await using test = await openPage(browser, `${served.server.url}/`)
    const { page } = test
    const keyField = page.getByRole("textbox", { name: "API key" })
    await keyField.fill(key)
    await page.keyboard.press("Enter")
    await page.getByText("Dead letters (3)").waitFor()
    test.expectQuiet()
    await page.getByText("Dead letters (3)").click()
    await page.locator("#letter-error").getByText("needs an operator key").waitFor()
    expect(await page.locator("#letter-list > li").count()).toBe(0)
    await keyField.fill(operatorKey)
    await page.keyboard.press("Enter")
    await page.locator("#letter-list > li").nth(2).waitFor()
  })

  it("the board of queues - has titles that say what they are, and asks no other host", async () => {
    await using served = await start(false)
    await using test = await openPage(browser, `${served.server.url}/queues`)
    const { page } = test
    await page.getByText("Dead letters (jobs that failed for good)").first().waitFor()
    await page.getByText("Interactive jobs (served first)").first().waitFor()
    await page.getByText("Bulk jobs").first().waitFor()
    const folder = process.env["SCREENSHOTS"]
    if (folder) await page.screenshot({ path: `${folder}/board.png` })
    test.expectQuiet()
  })
})
