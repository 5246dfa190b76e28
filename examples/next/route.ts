/* A route handler of Next.js: save it as app/api/label/route.ts, and see docs/guides/nextjs-and-bundlers.md for next.config.mjs. */
import { type Classifier, createClassifier } from "valence-nlp"

// On globalThis it survives hot reloads.
const shared = globalThis as { classifier?: Promise<Classifier> }

export async function POST(request: Request): Promise<Response> {
  const { text } = (await request.json()) as { text: string }
  shared.classifier ??= createClassifier()
  const [result] = await (await shared.classifier).label([text], { signal: request.signal })
  if (result === undefined || result.error) return Response.json({ error: result?.error.message }, { status: 422 })
  return Response.json({ label: result.label, score: result.score })
}
