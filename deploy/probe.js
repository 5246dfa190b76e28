// Exit code 0 if the worker or the server in this container answers /livez or /readyz with 200. The image has no curl.
const [endpoint = "livez"] = process.argv.slice(2)
const ports = [process.env.VALENCE_PORT || 9464, process.env.VALENCE_HTTP_PORT || 8080]

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
const isWell = (await ask(ports[0])) ?? (await ask(ports[1])) ?? false
process.exitCode = isWell ? 0 : 1
