/*
 * An Express route that labels texts.
 *
 *     npx tsx examples/express.ts
 *     curl http://127.0.0.1:3000/label -H 'content-type: application/json' -d '{"text": "I love it"}'
 */
import express from "express"
import { createClassifier } from "valence-nlp"

// One classifier for the process: it starts a child process per core, and texts of all requests share micro-batches.
const classifier = await createClassifier()

const app = express()
app.use(express.json())
app.post("/label", async (request, response) => {
  const [result] = await classifier.label([request.body.text])
  if (result === undefined || result.error) response.status(422).json({ error: result?.error.message })
  else response.json({ label: result.label, score: result.score })
})

const server = app.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", () => console.log(server.address()))

process.once("SIGTERM", () => {
  server.close(() => void classifier.close())
})
