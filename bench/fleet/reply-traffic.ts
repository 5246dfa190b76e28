/** Other producers' traffic for `replies.ts`: each labels one text after the other until this process is killed. */
import { createProducer } from "../built.ts"

const [redis = "", producers = "0"] = process.argv.slice(2)
const open = await Promise.all(Array.from({ length: Number(producers) }, () => createProducer({ redis })))
process.send?.("ready")
await Promise.all(
  open.map(async producer => {
    for (;;) await producer.label(["another text"])
  }),
)
