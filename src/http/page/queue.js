import { eventsOf, keyEvents, messageOf } from "./api.js"
import { byId, element } from "./element.js"
import { countLetters, startLetters } from "./letters.js"

/** Points of the line: one a second. */
const mostPoints = 60
/** How long a stream that broke is left alone, ms. */
const againMs = 3000
/** A stream without an event for this time counts as broken, ms. */
const silentMs = 15_000

/**
 * @typedef {{
 *   lane: string, waitingJobs: number, activeJobs: number, delayedJobs: number, failedJobs: number,
 *   waitingTexts: number, oldestWaitingSeconds: number, paused: boolean
 * }} Lane
 * @typedef {{
 *   lanes: Lane[], deadLetters: number, workers: unknown[], textsPerSecond: number,
 *   workerTokensPerSecond?: number, backlogSeconds: number
 * }} Status
 */

const problem = byId("queue-error", HTMLElement)
const figures = byId("queue-now", HTMLElement)
const away = "the server does not answer"

const showNumber = (/** @type {number} */ number) =>
  number.toLocaleString("en", { maximumFractionDigits: number < 10 ? 1 : 0 })

/** Shows the queues of the fleet, live. */
export function startQueue() {
  byId("queue", HTMLElement).hidden = false
  startLetters()
  let stop = new AbortController()
  const begin = () => {
    stop.abort()
    stop = new AbortController()
    void follow(stop.signal)
  }
  keyEvents.addEventListener("changed", begin)
  begin()
}

/** @param {AbortSignal} signal */
async function follow(signal) {
  /** @type {number[]} */
  const waiting = []
  let timer = 0
  while (!signal.aborted) {
    try {
      for await (const { event, data } of eventsOf("v1/queue", signal)) {
        clearTimeout(timer)
        timer = setTimeout(() => markStale(away), silentMs)
        if (event === "problem") {
          markStale(data.detail)
          continue
        }
        waiting.push(waitingTextsOf(data))
        if (waiting.length > mostPoints) waiting.shift()
        show(data, waiting)
        markFresh()
      }
      markStale(away)
    } catch (error) {
      if (signal.aborted) return
      markStale(messageOf(error))
    }
    clearTimeout(timer)
    await new Promise(resolve => setTimeout(resolve, againMs))
  }
}

let shownAt = ""

function markFresh() {
  shownAt = new Date().toLocaleTimeString()
  problem.textContent = ""
  figures.classList.remove("stale")
}

/**
 * Figures stay, and say when they were true.
 *
 * @param {string} why
 */
function markStale(why) {
  problem.textContent = shownAt === "" ? why : `${why}; the figures are from ${shownAt}`
  figures.classList.add("stale")
}

/** @param {Status} status */
const waitingTextsOf = ({ lanes }) => lanes.reduce((sum, { waitingTexts }) => sum + waitingTexts, 0)

/**
 * @param {Status} status
 * @param {readonly number[]} waiting
 */
function show(status, waiting) {
  const shown = {
    "Texts waiting": showNumber(waitingTextsOf(status)),
    "Texts a second": showNumber(status.textsPerSecond),
    Backlog: showBacklog(status),
    Workers: showNumber(status.workers.length),
    "Dead letters": showNumber(status.deadLetters),
  }
  const entries = Object.entries(shown).map(([title, value]) =>
    element("div", {}, element("dt", {}, title), element("dd", {}, value)),
  )
  byId("queue-figures", HTMLElement).replaceChildren(...entries)
  showLanes(status.lanes)
  countLetters(status.deadLetters)
  const most = Math.max(...waiting, 1)
  byId("queue-most", HTMLElement).textContent = `at most ${showNumber(Math.max(...waiting))}`
  const points = waiting.map((count, index) => `${mostPoints - waiting.length + index},${19 - (count / most) * 18}`)
  document.querySelector("#queue-line polyline")?.setAttribute("points", points.join(" "))
}

/**
 * A column a lane: there are few of them, and a phone is narrow.
 *
 * @param {readonly Lane[]} lanes
 */
function showLanes(lanes) {
  const heads = lanes.map(({ lane, paused }) => {
    const head = element("th", { scope: "col" }, lane)
    if (paused) head.append(" ", element("span", { class: "warning" }, "paused"))
    return head
  })
  byId("queue-lanes", HTMLElement).replaceChildren(element("tr", {}, element("td", {}, "Jobs"), ...heads))
  const rows = Object.entries(jobsOf).map(([title, show]) =>
    element("tr", {}, element("th", { scope: "row" }, title), ...lanes.map(lane => element("td", {}, show(lane)))),
  )
  byId("queue-jobs", HTMLElement).replaceChildren(...rows)
}

/** @type {Readonly<Record<string, (lane: Lane) => string>>} */
const jobsOf = {
  Waiting: lane => showNumber(lane.waitingJobs),
  "Oldest waiting": lane => (lane.waitingJobs === 0 ? "–" : showSeconds(lane.oldestWaitingSeconds)),
  Active: lane => showNumber(lane.activeJobs),
  "Waiting to retry": lane => showNumber(lane.delayedJobs),
  Failed: lane => showNumber(lane.failedJobs),
}

/** @param {Status} status */
function showBacklog({ backlogSeconds, workers, workerTokensPerSecond }) {
  if (backlogSeconds === 0) return showSeconds(0)
  if (workers.length === 0) return "no worker"
  return workerTokensPerSecond === undefined ? "unknown" : showSeconds(backlogSeconds)
}

/** @param {number} seconds */
function showSeconds(seconds) {
  if (seconds < 60) return `${showNumber(seconds)} s`
  return seconds < 3600 ? `${showNumber(seconds / 60)} min` : `${showNumber(seconds / 3600)} h`
}
