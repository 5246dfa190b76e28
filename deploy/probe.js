// Exit code 0 if the worker, the server or the exporter in this container answers /livez or /readyz with 200. The image has no curl.
const [endpoint = "livez"] = process.argv.slice(2)
const { VALENCE_PORT, VALENCE_HTTP_PORT, VALENCE_EXPORT_PORT } = process.env
const ports = [VALENCE_PORT || 9464, VALENCE_HTTP_PORT || 8080, VALENCE_EXPORT_PORT || 9465]

/** @returns whether the answer is 200, or `undefined` if nothing answers. */
async function ask(port) {
  const url = `http://127.0.0.1:${port}/${endpoint}`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(4000) })
    console.log(answer.status, await answer.text())
    return answer.ok
  } catch (error) {
    console.log(`${url}: ${error.cause?.message ?? error.message}`)
    return undefined
  }
}

// A container runs one of them: the first that answers decides.
let isWell
for (const port of ports) isWell ??= await ask(port)
process.exitCode = isWell ? 0 : 1
