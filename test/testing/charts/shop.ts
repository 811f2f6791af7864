// What an order talks to. Each of them is somewhere else: a call takes a moment before it arrives, and one before it is answered.

/** A moment on the wire. */
const wire = async (): Promise<void> => undefined

/** Goods on a shelf. */
export class Shop {
  stock = 10
  sold = 0
  /** How many are set aside, by reservation. */
  readonly reservations = new Map<string, number>()
  readonly #called = new Set<string>()

  get setAside(): number {
    return [...this.reservations.values()].reduce((sum, count) => sum + count, 0)
  }

  /** A second call with the same reservation changes nothing; one that was released is not taken any more. */
  async reserve(reservation: string, count: number): Promise<{ shelf: string }> {
    await wire()
    if (this.#called.has(reservation)) throw new Error(`${reservation} was released`)
    if (!this.reservations.has(reservation)) {
      if (this.stock < count) throw new Error('sold out')
      this.stock -= count
      this.reservations.set(reservation, count)
    }
    await wire()
    return { shelf: 'A3' }
  }

  async release(reservation: string): Promise<void> {
    await wire()
    this.#called.add(reservation)
    this.stock += this.reservations.get(reservation) ?? 0
    this.reservations.delete(reservation)
    await wire()
  }

  /** Puts goods on the shelf, whoever asks. */
  async putBack(reservation: string, count: number): Promise<void> {
    await wire()
    this.stock += count
    this.reservations.delete(reservation)
    await wire()
  }

  async releaseAll(): Promise<void> {
    await wire()
    this.stock += this.setAside
    this.reservations.clear()
    await wire()
  }

  async hand(): Promise<void> {
    await wire()
    this.sold += this.setAside
    this.reservations.clear()
    await wire()
  }

  async takeBack(): Promise<void> {
    await wire()
    this.stock += this.sold
    this.sold = 0
    await wire()
  }
}

interface Charge {
  readonly receipt: number
  readonly key: string | undefined
  readonly cents: number
  isGivenBack: boolean
}

/** Cards. */
export class Bank {
  readonly charges: Charge[] = []
  readonly #voided = new Set<string>()

  /** What was taken and not given back. */
  get taken(): readonly Charge[] {
    return this.charges.filter(({ isGivenBack }) => !isGivenBack)
  }

  /** With a key the card is charged once for it, and never after `void(key)`. */
  async charge(cents: number, key?: string): Promise<{ receipt: number }> {
    await wire()
    if (key !== undefined && this.#voided.has(key)) throw new Error(`${key} was voided`)
    const earlier = key === undefined ? undefined : this.charges.find((charge) => charge.key === key)
    const charge = earlier ?? { receipt: this.charges.length + 1, key, cents, isGivenBack: false }
    if (earlier === undefined) this.charges.push(charge)
    await wire()
    return { receipt: charge.receipt }
  }

  /** Gives back what was charged with this key, and lets it charge nothing any more. */
  async void(key: string): Promise<void> {
    await wire()
    this.#voided.add(key)
    for (const charge of this.charges) charge.isGivenBack ||= charge.key === key
    await wire()
  }

  async giveBack(receipt: number): Promise<void> {
    await wire()
    for (const charge of this.charges) charge.isGivenBack ||= charge.receipt === receipt
    await wire()
  }

  async giveBackAll(): Promise<void> {
    await wire()
    for (const charge of this.charges) charge.isGivenBack = true
    await wire()
  }
}

/** Parcels. */
export class Courier {
  /** Booked parcels, by booking. */
  readonly booked = new Set<string>()
  readonly collected = new Set<string>()
  readonly #calledOff = new Set<string>()

  async book(booking: string): Promise<{ label: string }> {
    await wire()
    if (this.#calledOff.has(booking)) throw new Error(`${booking} was called off`)
    this.booked.add(booking)
    await wire()
    return { label: `parcel ${booking}` }
  }

  async callOff(booking: string): Promise<void> {
    await wire()
    this.#calledOff.add(booking)
    this.booked.delete(booking)
    await wire()
  }

  async callOffAll(): Promise<void> {
    await wire()
    this.booked.clear()
    await wire()
  }

  async collect(): Promise<void> {
    await wire()
    for (const booking of this.booked) this.collected.add(booking)
    this.booked.clear()
    await wire()
  }
}
