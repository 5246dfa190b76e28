import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox"
import type { FastifyInstance } from "fastify"
import { Type } from "typebox"
import { textProblem } from "../../check-text.ts"
import { isErrorCode, ValenceError } from "../../errors.ts"
import type { Labelled, LabelledText } from "../../labeller.ts"
import { callLabeller } from "../call-labeller.ts"
import { leaveOneOut, type WordSpan, wordsOf, wordWeights } from "../leave-one-out.ts"
import { RequestError } from "../problem.ts"
import { LabelRequest, LabelResponse, NoQuery, problems } from "../schemas.ts"
import { labellerOf, type ServerContext } from "../server-context.ts"

/** Each word is one more text to label. */
const maxWords = 200
/** Bounds the texts of a request: this many times the words. */
const maxCharacters = 10_000

const { model, lane, labels, scoreFunction, maxLength, longText, stride, pooling } = LabelRequest.properties

const ExplainRequest = Type.Object(
  { text: Type.String(), model, lane, labels, scoreFunction, maxLength, longText, stride, pooling },
  { title: "ExplainRequest", additionalProperties: false, examples: [{ text: "A dull start, but a superb film" }] },
)

const WordWeight = Type.Object(
  {
    word: Type.String(),
    start: Type.Integer({ description: "Its first UTF-16 unit in the text" }),
    end: Type.Integer({ description: "The UTF-16 unit after its last" }),
    weight: Type.Number({
      description: "How much the label's score falls without it; above 0 if it supports the label",
    }),
  },
  { title: "WordWeight" },
)

const ExplainResponse = Type.Object(
  {
    model: LabelResponse.properties.model,
    label: Type.String(),
    score: Type.Number(),
    tokens: Type.Integer(),
    truncated: Type.Boolean(),
    windows: Type.Integer(),
    words: Type.Array(WordWeight, { description: "In the order of the text" }),
  },
  { title: "ExplainResponse" },
)

const description = `The text is labelled as it is, and once without each of its words, all in one call. A word's \`weight\` is how much
the score of the text's label falls without it; for a lexicon, whose score is a mean, how much the sum of what matched falls.`

/** `POST /v1/explain`: which words moved the score of a text. */
export function addExplain(app: FastifyInstance, serving: ServerContext): void {
  const schema = {
    tags: ["Label"],
    operationId: "explainText",
    summary: "Which words moved the score",
    description,
    body: ExplainRequest,
    querystring: NoQuery,
    response: { 200: ExplainResponse, ...problems(400, 401, 404, 408, 413, 415, 422, 429, 503, 504) },
  }
  // The text itself is labelled too.
  const mostWords = Math.min(maxWords, serving.settings.maxTexts - 1)
  app.withTypeProvider<TypeBoxTypeProvider>().post("/v1/explain", { schema }, async (request, reply) => {
    const { text, model, ...options } = request.body
    const labeller = labellerOf(serving, model)
    const problem = textProblem(text, "error")
    if (problem) throw problem
    const words = fewWords(text, mostWords)
    const texts = [text, ...leaveOneOut(text, words)]
    // Without its only word a text is blank.
    const results = await callLabeller(serving, labeller, texts, { ...options, topK: "all", empty: "label" }, reply)
    const [whole, ...without] = results.map(requireLabelled)
    if (!whole) throw new ValenceError("text_failed", "the labeller returned no result for the text")
    const weights = wordWeights(whole, without)
    const { name, revision, dtype } = labeller.model
    const { label, score, tokens, truncated, windows } = whole
    return {
      model: { name, revision, dtype },
      label,
      score,
      tokens,
      truncated,
      windows,
      words: words.map((word, index) => ({ ...word, weight: weights[index] ?? 0 })),
    }
  })
}

/** @throws RequestError 422 if there are too many words, or characters */
function fewWords(text: string, mostWords: number): WordSpan[] {
  if (text.length > maxCharacters)
    throw new RequestError(
      422,
      `a text to explain must have at most ${maxCharacters} characters; it has ${text.length}`,
    )
  const words = [...wordsOf(text)]
  if (words.length > mostWords)
    throw new RequestError(422, `a text to explain must have at most ${mostWords} words; it has ${words.length}`)
  return words
}

/** @throws ValenceError why a text has no label */
function requireLabelled(result: LabelledText): Labelled {
  if (!result.error) return result
  const { code, message } = result.error
  throw new ValenceError(isErrorCode(code) ? code : "text_failed", message)
}
