import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { expect } from "vitest"
import { findChromium } from "./find-chromium.ts"

const executablePath = await findChromium()

/** Whether there is no browser to test the page with. */
export const noBrowser = executablePath === undefined
if (noBrowser) console.warn("Tests of the page are skipped: install chromium, or set CHROMIUM_PATH")

/** A page that is looked at, and what it did besides. */
export interface TestPage extends AsyncDisposable {
  readonly page: Page
  /** Errors and violations of the policy, as the browser's console tells of them. */
  readonly complaints: string[]
  /** Requests to another host. */
  readonly foreign: string[]
  /** Fails where the page complained of something, or asked another host. */
  expectQuiet(): void
}

/** Starts a real browser. */
export function startBrowser(): Promise<Browser> {
  // Root, as in a container, has no sandbox.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : []
  return chromium.launch({ executablePath: executablePath ?? "", args })
}

/** Opens a server's page. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<TestPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(240_000)
  const complaints: string[] = []
  const foreign: string[] = []
  page.on("console", message => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text())
  })
  page.on("pageerror", error => complaints.push(String(error)))
  page.on("dialog", dialog => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("request", request => {
    if (!request.url().startsWith(url) && !request.url().startsWith("blob:")) foreign.push(request.url())
  })
  await page.goto(url)
  const expectQuiet = () => expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] })
  return { page, complaints, foreign, expectQuiet, [Symbol.asyncDispose]: () => context.close() }
}
