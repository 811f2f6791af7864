/** A yes or no for each state, by its number. */
export class Marks {
  #items = new Uint8Array(1024)

  set(state: number): void {
    if (state >= this.#items.length) {
      const items = new Uint8Array(Math.max(this.#items.length * 2, state + 1))
      items.set(this.#items)
      this.#items = items
    }
    this.#items[state] = 1
  }

  has(state: number): boolean {
    return this.#items[state] === 1
  }
}
