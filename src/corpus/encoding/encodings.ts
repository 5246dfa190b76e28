/** The encodings that a corpus is read in, as the Encoding Standard and iconv-lite call them. */
export const encodings = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "utf-32le",
  "utf-32be",
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "windows-1257",
  "windows-1258",
  "windows-874",
  "iso-8859-2",
  "iso-8859-3",
  "iso-8859-4",
  "iso-8859-5",
  "iso-8859-6",
  "iso-8859-7",
  "iso-8859-8",
  "iso-8859-9",
  "iso-8859-10",
  "iso-8859-13",
  "iso-8859-14",
  "iso-8859-15",
  "iso-8859-16",
  "macintosh",
  "cp437",
  "cp850",
  "cp852",
  "cp866",
  "koi8-r",
  "koi8-u",
  "shift_jis",
  "euc-jp",
  "gb18030",
  "big5",
  "euc-kr",
] as const

export type TextEncoding = (typeof encodings)[number]

/**
 * Other names, without case and punctuation. ISO 8859-1 is read as Windows-1252, as browsers do: the files that are called so
 * have its quotes and dashes where ISO 8859-1 has control characters.
 */
const aliases: Readonly<Partial<Record<TextEncoding, readonly string[]>>> = {
  "utf-8": ["ascii", "usascii", "utf8sig", "utf8bom"],
  "utf-16le": ["utf16", "ucs2", "unicode"],
  "utf-32le": ["utf32", "ucs4"],
  "windows-1250": ["cp1250"],
  "windows-1251": ["cp1251"],
  "windows-1252": ["cp1252", "latin1", "iso88591", "l1", "ansi", "cp819", "ibm819"],
  "windows-1253": ["cp1253"],
  "windows-1254": ["cp1254"],
  "windows-1255": ["cp1255"],
  "windows-1256": ["cp1256"],
  "windows-1257": ["cp1257"],
  "windows-1258": ["cp1258"],
  "windows-874": ["cp874", "tis620", "iso885911"],
  "iso-8859-2": ["latin2"],
  "iso-8859-3": ["latin3"],
  "iso-8859-4": ["latin4"],
  "iso-8859-9": ["latin5"],
  "iso-8859-10": ["latin6"],
  "iso-8859-13": ["latin7"],
  "iso-8859-14": ["latin8"],
  "iso-8859-15": ["latin9"],
  "iso-8859-16": ["latin10"],
  macintosh: ["mac", "macroman", "xmacroman"],
  cp437: ["ibm437", "437"],
  cp850: ["ibm850", "850"],
  cp852: ["ibm852", "852"],
  cp866: ["ibm866", "866"],
  "koi8-r": ["koi8"],
  shift_jis: ["sjis", "cp932", "ms932", "windows31j", "mskanji", "xsjis", "shiftjis"],
  "euc-jp": ["ujis", "xeucjp"],
  gb18030: ["gbk", "gb2312", "cp936", "ms936", "euccn", "xgbk"],
  big5: ["big5hkscs", "cp950", "big5tw"],
  "euc-kr": ["cp949", "ms949", "uhc", "ksc56011987", "windows949", "korean"],
}

const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "")

const byName = new Map<string, TextEncoding>(
  encodings.flatMap(encoding => [encoding, ...(aliases[encoding] ?? [])].map(name => [bare(name), encoding] as const)),
)

/** The encoding of a name, in any case and punctuation: `Latin-1` and `cp1252` are `windows-1252`. */
export function findEncoding(name: string): TextEncoding | undefined {
  return byName.get(bare(name))
}
