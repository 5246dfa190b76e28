const storedKey = "valence-api-key"

/** The error of a request that the server refused. */
export class ApiError extends Error {
  /**
   * @param {number} status - 0 if there was no answer
   * @param {string} message
   * @param {number} retryAfterSeconds - 0 if a retry would not help
   */
  constructor(status, message, retryAfterSeconds = 0) {
    super(message)
    this.name = "ApiError"
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Emits `refused` if the server refuses the key, and `changed` if the user enters another. */
export const keyEvents = new EventTarget()

/** @returns {string | null} the API key of this tab */
export const readKey = () => sessionStorage.getItem(storedKey)

/** @param {string | undefined} key - `undefined` forgets it */
export function storeKey(key) {
  if (key === undefined) sessionStorage.removeItem(storedKey)
  else sessionStorage.setItem(storedKey, key)
  keyEvents.dispatchEvent(new Event("changed"))
}

/**
 * Calls the API, with the key of this tab.
 *
 * @param {string} path - relative to the page
 * @param {RequestInit} [request]
 * @returns {Promise<Response>} a successful one
 * @throws {ApiError} with the server's message
 */
export async function call(path, request = {}) {
  const headers = new Headers(request.headers)
  const key = readKey()
  if (key !== null) headers.set("authorization", `Bearer ${key}`)
  // Without credentials: otherwise the browser would show its own dialog for a password.
  const response = await fetch(path, { ...request, headers, credentials: "omit" }).catch(error => {
    throw isAbort(error) ? error : new ApiError(0, "the server does not answer")
  })
  if (response.ok) return response
  const problem = await response.json().catch(() => ({}))
  const detail = problem.detail ?? `${response.status} ${response.statusText}`
  if (response.status === 401) keyEvents.dispatchEvent(new CustomEvent("refused", { detail }))
  throw new ApiError(response.status, detail, Number(response.headers.get("retry-after") ?? 0))
}

/**
 * Sends JSON and returns the answer's.
 *
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 */
export async function postJson(path, body, signal) {
  const headers = { "content-type": "application/json" }
  const response = await call(path, { method: "POST", headers, body: JSON.stringify(body), ...(signal && { signal }) })
  return response.json()
}

/**
 * The server-sent events of a path. Not an `EventSource`, which cannot send a key.
 *
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{ event: string, data: any }, void>}
 */
export async function* eventsOf(path, signal) {
  const { body } = await call(path, { headers: { accept: "text/event-stream" }, signal })
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  for (;;) {
    const part = await reader?.read()
    if (!part || part.done) return
    const events = (text + part.value).split("\n\n")
    text = events.pop() ?? ""
    for (const each of events) {
      const [, event = "message", data = "null"] = /^(?:event: (.*)\n)?data: (.*)$/.exec(each) ?? []
      yield { event, data: JSON.parse(data) }
    }
  }
}

/**
 * Whether this page ended the request.
 *
 * @param {unknown} error
 */
export const isAbort = error => error instanceof DOMException && error.name === "AbortError"

/**
 * @param {unknown} error
 * @returns {string} a message for people
 */
export const messageOf = error => (error instanceof Error ? error.message : String(error))
