/** A list of 32-bit numbers that grows, four bytes each. */
export class Ints {
  #items: Int32Array
  #length = 0

  constructor(room = 1024) {
    this.#items = new Int32Array(room)
  }

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#items.length) this.#grow()
    this.#items[this.#length++] = value
  }

  at(index: number): number {
    return this.#items[index] as number
  }

  /** What is in it, without a copy: of no use after the next `push`. */
  view(): Int32Array {
    return this.#items.subarray(0, this.#length)
  }

  #grow(): void {
    const items = new Int32Array(this.#items.length * 2)
    items.set(this.#items)
    this.#items = items
  }
}
