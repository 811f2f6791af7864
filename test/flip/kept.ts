/** Values of which equal ones have one number, and of each of them one is kept: comparing is comparing objects then. */
export class Kept<Value extends object> {
  readonly #numbers = new Map<Value, number>()
  readonly #byText = new Map<string, number>()
  readonly #ones: Value[] = []
  readonly #textOf: (value: Value) => string

  constructor(textOf: (value: Value) => string = JSON.stringify) {
    this.#textOf = textOf
  }

  get size(): number {
    return this.#ones.length
  }

  /** The one that stands for all that are equal to it. */
  one(value: Value): Value {
    return this.#ones[this.numberOf(value)] ?? value
  }

  numberOf(value: Value): number {
    const known = this.#numbers.get(value)
    if (known !== undefined) return known
    const text = this.#textOf(value)
    const number = this.#byText.get(text) ?? this.#ones.length
    if (number === this.#ones.length) {
      this.#byText.set(text, number)
      this.#ones.push(value)
    }
    this.#numbers.set(value, number)
    return number
  }
}
