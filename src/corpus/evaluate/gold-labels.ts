import { shown, ValenceError } from "../../errors.ts"
import { isWordList, type ModelInfo } from "../../labeller.ts"

const wholeNumber = /^(0|[1-9]\d*)$/

/** What the values of a label column mean: by `labelMap`, by a label's name in any case, or by its index. */
export class GoldLabels {
  readonly #model: ModelInfo
  readonly #map: ReadonlyMap<string, string> | undefined
  readonly #byName: ReadonlyMap<string, string>

  /** @throws ValenceError `option_invalid` if `labelMap` is not made of pairs that end in labels of the model */
  constructor(model: ModelInfo, labelMap: string | undefined) {
    this.#model = model
    this.#byName = new Map(model.labels.map(label => [label.toLowerCase(), label]))
    this.#map = labelMap === undefined ? undefined : this.#readMap(labelMap)
  }

  /** What `labelMap` says. */
  get mapped(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#map ?? [])
  }

  /**
   * What a value is counted under until all values are known: a label, or an index as text.
   *
   * @returns `undefined` if the value is no label
   */
  keyOf(value: string | undefined): string | undefined {
    const word = value?.trim() ?? ""
    const label = this.#map?.get(word) ?? this.#named(word)
    if (label !== undefined) return label
    return this.#map === undefined && wholeNumber.test(word) && Number(word) < this.#model.labels.length
      ? word
      : undefined
  }

  /** Why a value is no label. */
  refusal(column: string, value: string | undefined): string {
    const got = value === undefined || value.trim() === "" ? "it is empty" : `got ${shown(value)}`
    return `column ${JSON.stringify(column)} must hold ${this.#rule()}; ${got}`
  }

  /**
   * The label of each key. An index counts the model's labels from 0. The numbers of a lexicon's labels are no part of
   * any model, so if a file has 0 and 1 alone these are NEGATIVE and POSITIVE, the first label and the last.
   *
   * @param keys - all that `keyOf` gave
   */
  meanings(keys: readonly string[]): ReadonlyMap<string, string> {
    const { labels } = this.#model
    const indexes = keys.filter(key => this.#named(key) === undefined)
    const polar = isWordList(this.#model) && indexes.every(index => index === "0" || index === "1")
    const labelOf = (index: string) => labels.at(polar ? -Number(index) : Number(index)) as string
    return new Map(keys.map(key => [key, indexes.includes(key) ? labelOf(key) : key]))
  }

  #named(name: string): string | undefined {
    return this.#model.labels.includes(name) ? name : this.#byName.get(name.toLowerCase())
  }

  #rule(): string {
    const { labels } = this.#model
    const names = labels.length > 12 ? `${labels.slice(0, 12).join(", ")}, ...` : labels.join(", ")
    if (this.#map === undefined) return `one of ${names}, or an index from 0 to ${labels.length - 1}`
    return `one of ${names}, or of what labelMap names, ${[...this.#map.keys()].join(", ")}`
  }

  #readMap(pairs: string): ReadonlyMap<string, string> {
    const map = new Map<string, string>()
    for (const pair of pairs.split(",")) {
      const [value = "", name = "", more] = pair.split("=").map(part => part.trim())
      const label = this.#named(name)
      if (value === "" || label === undefined || more !== undefined || map.has(value))
        throw new ValenceError(
          "option_invalid",
          `labelMap must be pairs such as 1=POSITIVE,0=NEGATIVE, each value once, with labels of the model, ${this.#model.labels.join(", ")}; got ${shown(pair)}`,
        )
      map.set(value, label)
    }
    return map
  }
}
