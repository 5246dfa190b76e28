import { describe, expect, it } from "vitest"
import { loadTokenizer } from "../../../src/model/tokenizer/tokenizer.ts"
import { createIsUnfamiliar } from "../../../src/model/tokenizer/unfamiliar.ts"

const english = await loadTokenizer("models/sentiment-small")

async function isUnfamiliar(text: string): Promise<boolean> {
  const [encoding] = await english.encode([text], 512)
  return english.isUnfamiliar(text, encoding?.inputIds ?? Int32Array.of(), encoding?.truncated ?? false)
}

describe("isUnfamiliar, of an English vocabulary", () => {
  it.each([
    ["Japanese", "最高です"],
    ["Chinese", "这部电影非常好看,我很喜欢。"],
    ["Russian", "Фильм ужасный, не тратьте время."],
    ["Arabic", "الفيلم رائع"],
    ["Hindi", "यह फिल्म बहुत अच्छी है"],
    ["Thai", "อาหารอร่อยมาก"],
    ["Korean", "정말 최고예요"],
    ["Greek", "Το φαγητό ήταν υπέροχο"],
    ["emoji alone", "😍🥰"],
    ["German", "Leider ist das Gerät nach zwei Wochen kaputtgegangen."],
    ["Polish", "Jestem bardzo zadowolony z tego telefonu."],
    ["Turkish", "Ürün iki gün sonra bozuldu, tavsiye etmiyorum."],
    ["Indonesian", "Saya sangat kecewa dengan produk ini, makanannya tidak enak."],
  ])("%s - yes: %s", async (_, text) => {
    expect(await isUnfamiliar(text)).toBe(true)
  })

  it.each([
    "I love it",
    "omg this album is soooo good",
    "The naïve café owner wrote: ‘très bien’",
    "Wow 😂😂😂 this is hilarious",
    "Best sushi in 東京, I will be back",
    "Check https://example.com/a?b=c #blessed @user 10/10",
    "A crème brûlée, a smörgåsbord, and Dvořák on the radio.",
    "",
    "!!! ... 42",
  ])("no: %s", async text => {
    expect(await isUnfamiliar(text)).toBe(false)
  })
})

describe("createIsUnfamiliar", () => {
  const latin = Array.from(
    { length: 150 },
    (_, index) => `word${"abcdefghij"[index % 10]}${"klmnopqrst"[index % 9]}${index}`,
  )
  const ids = (count: number) => new Int32Array(count).fill(7)

  it("a script of which the vocabulary has many pieces, or many of its pieces - known", () => {
    const cyrillic = Array.from({ length: 120 }, (_, index) => `слово${index}`)
    const han = Array.from({ length: 40 }, (_, index) => String.fromCodePoint(0x4e00 + index))
    const isUnfamiliar = createIsUnfamiliar(() => [...latin, ...cyrillic, ...han], undefined, 2)
    expect(isUnfamiliar("Фильм ужасный", ids(12), false)).toBe(false)
    expect(isUnfamiliar("最高的电影", ids(7), false)).toBe(false)
    expect(isUnfamiliar("الفيلم رائع", ids(12), false)).toBe(true)
    // Words in many pieces tell nothing where there are several languages.
    expect(isUnfamiliar("Leider kaputtgegangen.", ids(14), false)).toBe(false)
  })

  it("pieces that are bytes - read as characters", () => {
    const bytes = Array.from({ length: 120 }, (_, index) => `Ġ${Buffer.from(`ф${index}ы`).toString("latin1")}`)
    const isUnfamiliar = createIsUnfamiliar(() => [...latin, ...bytes], undefined, 2)
    expect(isUnfamiliar("الفيلم رائع", ids(12), false)).toBe(true)
    expect(isUnfamiliar("words", ids(4), false)).toBe(false)
  })

  it("ASCII that looks English - the vocabulary is not read", () => {
    const isUnfamiliar = createIsUnfamiliar(
      () => {
        throw new Error("read")
      },
      0,
      2,
    )
    expect(isUnfamiliar("I love it, and so does my sister", ids(11), false)).toBe(false)
    expect(() => isUnfamiliar("Фильм", ids(7), false)).toThrow("read")
  })
})
