// Exit code 0 where the worker in this container answers /livez or /readyz with 200. The image has no curl.
const [endpoint = "livez"] = process.argv.slice(2)
const url = `http://127.0.0.1:${process.env.VALENCE_PORT || 9464}/${endpoint}`

try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(4000) })
  console.log(answer.status, await answer.text())
  process.exitCode = answer.ok ? 0 : 1
} catch (error) {
  console.log(`${url}: ${error.cause?.message ?? error.message}`)
  process.exitCode = 1
}
