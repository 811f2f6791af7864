/** What a flip asks: an async guard. */
export async function mayMove(): Promise<boolean> {
  return true
}

/** What a flip does: an async step. */
export async function move(): Promise<void> {}

const TABLE: { readonly [phase: string]: { readonly [flip: string]: string } } = {
  closed: { open: 'open' },
  open: { close: 'closed' },
}

/** The same flip as one would write it by hand: legality, guard and step, one at a time behind a chain of promises. */
class DoorByHand {
  #phase = 'closed'
  #last: Promise<void> = Promise.resolve()

  flip(name: string): Promise<void> {
    const flipped = this.#last.then(() => this.#go(name))
    this.#last = flipped.catch(() => undefined)
    return flipped
  }

  async #go(name: string): Promise<void> {
    const to = TABLE[this.#phase]?.[name]
    if (to === undefined) throw new Error(`cannot ${name} from ${this.#phase}`)
    if ((await mayMove()) !== true) throw new Error('refused')
    await move()
    this.#phase = to
  }
}

const door = new DoorByHand()
let isOpen = false

/** Opens and closes the door in turns. */
export async function flipByHand(times: number): Promise<void> {
  for (let done = 0; done < times; done++) {
    await door.flip(isOpen ? 'close' : 'open')
    isOpen = !isOpen
  }
}
