import { ApiError, call } from "../api.js"

/** Retries of a part if the server has no room for it now. */
const mostRetries = 5

/**
 * Sends a part of a file; again later, if the server says so.
 *
 * @param {Blob} body
 * @param {string} query
 * @param {string} type
 * @param {AbortSignal} signal
 */
export async function sendPart(body, query, type, signal) {
  for (let retries = 0; ; retries++) {
    try {
      const response = await call(`v1/corpus${query}`, {
        method: "POST",
        headers: { "content-type": type },
        body,
        signal,
      })
      return new Uint8Array(await response.arrayBuffer())
    } catch (error) {
      if (error instanceof TypeError) throw new ApiError(0, "the server ended its answer early")
      if (!(error instanceof ApiError) || error.retryAfterSeconds === 0 || retries >= mostRetries) throw error
      await wait(error.retryAfterSeconds * 1000, signal)
    }
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 */
function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
