// Labels one text with transformers.js, as `valence classify` does: node classify-once.mjs FOLDER q8|fp32 TEXT
import { basename, dirname, resolve } from "node:path"
import { env, pipeline } from "@huggingface/transformers"

const [folder, dtype, text] = process.argv.slice(2)
env.allowRemoteModels = false
env.localModelPath = dirname(resolve(folder))
const classify = await pipeline("text-classification", basename(folder), { dtype, device: "cpu" })
console.log(await classify(text))
