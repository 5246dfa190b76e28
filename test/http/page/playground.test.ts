import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createClassifier } from "../../../src/classifier/classifier.ts"
import { plainLabeller } from "../../corpus/plain-labeller.ts"
import { noBrowser, openPage, startBrowser } from "../test-browser.ts"
import { startTestServer, type TestServer } from "../test-server.ts"

const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>'

describe.skipIf(noBrowser)("the page", () => {
  let browser: Browser
  let server: TestServer
  beforeAll(async () => {
    browser = await startBrowser()
    const named = { name: "plain <b>", labels: ["NEGATIVE", "POSITIVE"] }
    server = await startTestServer({ labeller: plainLabeller(() => {}, named) })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  const open = (options = {}, { url } = server) => openPage(browser, `${url}/`, options)

  it("texts that are typed - their labels and scores, by a model and a lexicon side by side", async () => {
    await using test = await open()
    const { page } = test
    await page.getByLabel("One text per line").fill("good\n\nso bad SHOUT")
    const items = page.getByRole("list", { name: "Labels" }).locator("> li")
    await items.nth(1).getByText("so bad SHOUT").waitFor()
    expect(await items.count()).toBe(2)
    const [first = "", second = ""] = await items.allInnerTexts()
    expect(first.split("\n")).toEqual(
      expect.arrayContaining(["plain <b>", "POSITIVE", "0.540", "NEGATIVE", "0.460", "mvp", "+2.00", "matched: good"]),
    )
    expect(second).toContain("truncated: the model read only the beginning")
    expect(await page.getByRole("status").first().innerText()).toMatch(/^2 texts · \d+ ms\s+: POSITIVE 0.540, POSITIVE/)
    test.expectQuiet()
  })

  it("which words moved the score - marked in the text, and named", async () => {
    await using test = await open()
    const { page } = test
    await page.getByLabel("One text per line").fill("A good start, an awful end")
    await page.locator("#results .text").getByText("A good start, an awful end").waitFor()
    const button = page.getByRole("button", { name: /^Which words made it .*, by mvp$/ })
    await button.click()
    expect(await button.getAttribute("aria-expanded")).toBe("true")
    const marks = page.locator("mark")
    await marks.first().waitFor()
    expect(await marks.allInnerTexts()).toEqual(["good", "awful"])
    expect(await page.locator(".explanation:visible").innerText()).toMatch(
      /Supports NEGATIVE: awful\s\+4.00\s+Opposes NEGATIVE: good\s−2.00/,
    )
    await button.click()
    expect(await page.locator(".explanation:visible").count()).toBe(0)
    test.expectQuiet()
  })

  it("a text that is longer than the model takes - is truncated, read in windows, or refused, as is chosen", async () => {
    await using server = await startTestServer({ labeller: await createClassifier({ device: "cpu:1" }) })
    await using test = await open({}, server)
    const { page } = test
    const choice = page.getByLabel("Long texts").first()
    const [first, second] = [0, 1].map(index => page.locator("#results > li").nth(index))
    await page.getByText("The same request with curl").first().click()
    await page.getByLabel("One text per line").fill(`good\n${"very ".repeat(600)}good`)
    await second?.getByText("512 tokens").waitFor()
    expect(await second?.innerText()).toContain("truncated: the model read only the beginning")
    expect(await page.locator("#label-curl").innerText()).not.toContain("longText")

    await choice.selectOption("Split into windows: label all of it")
    await second?.getByText("read in 2 windows").waitFor()
    expect(await second?.innerText()).toContain("603 tokens")
    expect(await first?.innerText()).not.toContain("windows")
    expect(await page.locator("#label-curl").innerText()).toContain('"longText":"windows"')

    await choice.selectOption("Refuse: no label")
    await second?.getByText("text must have at most 512 tokens").waitFor()
    // A lexicon takes any length.
    expect(await second?.innerText()).toContain("matched: good")
    expect(await first?.innerText()).toContain("POSITIVE")
    test.expectQuiet()
  })

  it("the keyboard alone - reaches everything in the order of the page", async () => {
    await using test = await open()
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await page.locator("#texts").focus()
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.type("bad")
    await page.getByText("matched: bad").waitFor()
    const focused = async () => {
      await page.keyboard.press("Tab")
      return page.evaluate<string>(
        "(document.activeElement.ariaLabel ?? document.activeElement.value) || document.activeElement.id || document.activeElement.textContent",
      )
    }
    expect([await focused(), await focused()]).toEqual(["plain <b>", "mvp"])
    await page.keyboard.press("Space")
    await page.getByText("matched: bad").waitFor({ state: "detached" })
    expect([await focused(), await focused()]).toEqual(["truncate", "Which words made it NEGATIVE, by plain <b>"])
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).not.toBe("none")
    await page.keyboard.press("Enter")
    await page.locator(".explanation p").waitFor()
    expect(await focused()).toBe("The same request with curl")
    await page.keyboard.press("Enter")
    await page.getByText(`-d '{"text":"bad"}'`).waitFor()
    expect([await focused(), await focused(), await focused()]).toEqual([
      expect.stringContaining("curl"),
      "Copy",
      "file",
    ])
    // The columns of a file come with it.
    expect([await focused(), await focused()]).toEqual(["plain <b>", "truncate"])
    test.expectQuiet()
  })

  it("markup in texts - is text", async () => {
    await using test = await open()
    const { page } = test
    await page.getByLabel("One text per line").fill(`${markup} good`)
    await page.locator("#results .text").getByText(markup).waitFor()
    for (const button of await page.getByRole("button", { name: /^Which words/ }).all()) await button.click()
    await page.locator(".marked").first().waitFor()
    await page.getByText("The same request with curl").first().click()
    expect(await page.locator("img[src=x], body script").count()).toBe(0)
    expect(await page.title()).toBe("Valence")
    test.expectQuiet()
  })

  it("what the API refuses - is shown in its words", async () => {
    await using server = await startTestServer({ options: { maxTexts: 2 } })
    await using test = await open({}, server)
    const { page } = test
    const alert = page.locator("#label-error")
    await alert.getByText("a request must have at most 2 texts; got 3").waitFor()
    expect(await alert.getAttribute("role")).toBe("alert")
    await page.getByLabel("One text per line").fill("a b c d e")
    await page.locator("#results .text").getByText("a b c d e").waitFor()
    expect(await alert.textContent()).toBe("")
    await page
      .getByRole("button", { name: /^Which words/ })
      .first()
      .click()
    await page.getByText("a text to explain must have at most 1 words; it has 5").waitFor()
    await server.close()
    await page.getByLabel("One text per line").fill("other")
    await alert.getByText("the server does not answer").waitFor()
    await page.getByText("The server does not answer. Labels below are from before.").waitFor()
    await page.locator("#results.stale .text").getByText("other").waitFor()
    expect(await page.locator("#results .verdict").allInnerTexts()).toEqual([
      expect.stringContaining("not labelled"),
      expect.stringContaining("not labelled"),
    ])
  })

  it("a server that answers again - labels what was typed meanwhile", async () => {
    await using test = await open()
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await page.route("**/v1/label", route => route.abort())
    await page.getByLabel("One text per line").fill("good")
    await page.locator("#stale").waitFor()
    await page.unroute("**/v1/label")
    await page.getByText("matched: good").waitFor()
    expect(await page.locator("#stale").isVisible()).toBe(false)
    expect(await page.locator("#label-error").textContent()).toBe("")
  })

  it("texts on which the models disagree - are marked, and bars of all texts begin at the same place", async () => {
    await using test = await open()
    const { page } = test
    await page.getByLabel("One text per line").fill("good\nso bad SHOUT\n???")
    const items = page.locator("#results > li")
    await items.nth(2).getByText("???").waitFor()
    const marks = await items.evaluateAll(found => found.map(item => item.textContent?.includes("models disagree")))
    // A lexicon that matched nothing says nothing.
    expect(marks).toEqual([false, true, false])
    const ends = await page.evaluate<string[]>(
      `[...document.querySelectorAll(".verdict:first-child .track")].map(track => {
        const { left, right } = track.getBoundingClientRect()
        return left.toFixed(1) + " " + right.toFixed(1)
      })`,
    )
    expect(ends.length).toBeGreaterThan(3)
    expect(new Set(ends).size).toBe(1)
    test.expectQuiet()
  })

  it("many matches of a lexicon - the first, and all of them at a click", async () => {
    await using test = await open()
    const { page } = test
    await page.getByLabel("One text per line").fill(Array.from({ length: 15 }, () => "good").join(" and "))
    const facts = page.locator("#results .facts").filter({ hasText: "matched" })
    await facts.getByRole("button", { name: "and 3 more" }).click()
    expect(await facts.innerText()).toBe(`matched: ${Array.from({ length: 15 }, () => "good").join(", ")}`)
    test.expectQuiet()
  })

  it("one of several models that fails - the results of the others, and its error", async () => {
    await using test = await open()
    const { page } = test
    await page.locator("#results li").first().waitFor()
    await page.route("**/v1/label", async route => {
      if (route.request().postData()?.includes('"model":"mvp"'))
        await route.fulfill({ status: 503, json: { detail: "no worker with the model mvp lives" } })
      else await route.continue()
    })
    await page.getByLabel("One text per line").fill("good")
    await page.locator("#label-error").getByText("mvp: no worker with the model mvp lives").waitFor()
    expect(await page.locator("#results .verdict").allInnerTexts()).toEqual([
      expect.stringContaining("POSITIVE"),
      expect.stringMatching(/^mvp\s+not labelled$/),
    ])
  })

  it("a text that cannot be labelled - says why, beside the others", async () => {
    await using test = await open()
    await test.page.getByLabel("One text per line").fill("FAIL\ngood")
    await test.page.getByText("cannot label 4 characters").waitFor()
    await test.page.getByText("matched: good").waitFor()
    test.expectQuiet()
  })

  it.each([
    ["a phone", { viewport: { width: 320, height: 640 } }],
    ["a dark phone", { viewport: { width: 320, height: 640 }, colorScheme: "dark" }],
    ["a dark desk", { colorScheme: "dark" }],
  ] as const)("%s - nothing scrolls sideways", async (_, options) => {
    await using test = await open(options)
    const { page } = test
    await page.getByLabel("One text per line").fill(`good\n${"long".repeat(200)}`)
    await page.getByText("matched: good").waitFor()
    for (const button of await page.getByRole("button", { name: /^Which words/ }).all()) await button.click()
    for (const summary of await page.locator("summary:visible").all()) await summary.click()
    const { scroll, client, background } = await page.evaluate<Record<string, string>>(
      `({ scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth,
          background: getComputedStyle(document.documentElement).backgroundColor })`,
    )
    expect(scroll).toBe(client)
    expect(background).toBe("colorScheme" in options ? "rgb(21, 23, 28)" : "rgb(247, 247, 245)")
    test.expectQuiet()
  })

  it("its files - are there without a key, under a policy that allows nothing inline", async () => {
    const response = await fetch(`${server.url}/`)
    expect(response.headers.get("content-security-policy")).toContain("script-src 'self';style-src 'self'")
    expect(await response.text()).not.toMatch(/<script>|<style|style=|onclick|https?:\/\//)
    expect((await fetch(`${server.url}/page/tsconfig.json`)).status).toBe(404)
  })
})
