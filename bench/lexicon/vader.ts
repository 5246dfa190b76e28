/** Vader has no types of its own. */
const vaderName: string = "vader-sentiment"
const { SentimentIntensityAnalyzer } = ((await import(vaderName)) as { default: Vader }).default
interface Vader {
  readonly SentimentIntensityAnalyzer: { polarity_scores(text: string): { compound: number } }
}

/** The compound score of npm's vader-sentiment, -1 to 1. */
export function polarityOf(text: string): number {
  return SentimentIntensityAnalyzer.polarity_scores(text).compound
}
