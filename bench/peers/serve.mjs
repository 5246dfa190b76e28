// transformers.js behind a plain route, as many write it: node serve.mjs FOLDER q8|fp32
import { basename, dirname, resolve } from "node:path"
import { env, pipeline } from "@huggingface/transformers"
import Fastify from "fastify"

const [folder, dtype] = process.argv.slice(2)
env.allowRemoteModels = false
env.localModelPath = dirname(resolve(folder))
const classify = await pipeline("text-classification", basename(folder), { dtype, device: "cpu" })
const app = Fastify()
app.post("/v1/label", async ({ body }) => ({ results: await classify(body.text) }))
process.stderr.write(`ready: ${await app.listen({ port: 0 })}\n`)
process.on("SIGTERM", () => process.exit())
