import { expect, it } from "vitest"
import { nearest } from "../src/nearest.ts"

it.each([
  [["review", "rating"], "reveiw", "review"],
  [["Review"], "review_", "Review"],
  [["review"], "body", undefined],
  [["a", "b"], "c", undefined],
  [[], "a", undefined],
  [["reviews.csv", "reviews.tsv"], "review.csv", "reviews.csv"],
])("%j, %s - %s", (names, word, expected) => expect(nearest(names, word)).toBe(expected))
