import iconv from "iconv-lite"
import { describe, expect, it } from "vitest"
import type { TextEncoding } from "../../../src/corpus/encoding/encodings.ts"
import { UnreadableText } from "../../../src/corpus/encoding/guess-encoding.ts"

describe("UnreadableText", () => {
  it.each<[TextEncoding, string]>([
    ["windows-1252", "Le café était délicieux, mais le service était très lent. C'est dommage."],
    ["windows-1251", "Это очень хороший фильм, мне понравилось. Но конец был плохой."],
    ["shift_jis", "この映画はとても良かったです。もう一度見たいと思います。"],
    ["gb18030", "这部电影非常好看，我很喜欢。不过结尾有点让人失望。"],
    ["euc-kr", "이 영화는 정말 재미있었습니다. 다시 보고 싶어요."],
  ])("hint - %s", async (encoding, text) => {
    const unreadable = new UnreadableText()
    unreadable.add(iconv.encode(text, encoding))
    unreadable.add(iconv.encode(text, encoding))
    expect(await unreadable.hint()).toBe(
      `2 rows are not UTF-8: if the file is ${encoding}, read it with --encoding ${encoding}`,
    )
  })

  it.each<[TextEncoding, string]>([
    ["windows-1252", "caf\u00e9"],
    ["windows-1252", "good na\u00efve, awful \u201cx\u201d"],
    ["windows-1252", "it\u2019s \u20ac 5"],
    ["shift_jis", "\u8868\u793a\u306f good"],
    ["shift_jis", "\u30bd awful"],
    ["gb18030", "\u8fd9\u4e2a\u7535\u5f71\u5f88\u597d\u770b good"],
  ])("hint - %s of few characters, %s", async (encoding, text) => {
    const unreadable = new UnreadableText()
    unreadable.add(iconv.encode(text, encoding))
    expect(await unreadable.hint(" (again)")).toContain(`read it with --encoding ${encoding} (again)`)
  })

  it("hint - undefined if every row was UTF-8, an encoding for any bytes", async () => {
    expect(await new UnreadableText().hint()).toBeUndefined()
    const unreadable = new UnreadableText()
    unreadable.add(Buffer.from([0xff]))
    expect(await unreadable.hint()).toMatch(/^1 row is not UTF-8: if the file is [a-z0-9-]+, /)
  })
})
