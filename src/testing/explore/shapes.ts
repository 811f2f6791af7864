/** The names of an object's members. */
export interface Shape {
  readonly id: number
  readonly sorted: readonly string[]
}

/** The same shape, with its names in the order in which one object has them. */
interface Order {
  readonly names: readonly string[]
  readonly shape: Shape
}

/** So many are compared name by name, the last one met first; more are looked up by their text. */
const MOST_COMPARED = 6

/** Gives each set of names a number. Most states of a model have the same few. */
export class Shapes {
  readonly #shapes = new Map<string, Shape>()
  readonly #orders = new Map<string, Order>()
  readonly #recent: Order[][] = []

  of(names: readonly string[]): Shape {
    const recent = (this.#recent[names.length] ??= [])
    for (let index = 0; index < recent.length; index++) {
      const order = recent[index] as Order
      if (!isSame(order.names, names)) continue
      if (index > 0) {
        recent[index] = recent[0] as Order
        recent[0] = order
      }
      return order.shape
    }
    const order = this.#orderOf(names)
    if (recent.length === MOST_COMPARED) recent.pop()
    recent.unshift(order)
    return order.shape
  }

  #orderOf(names: readonly string[]): Order {
    const text = JSON.stringify(names)
    const known = this.#orders.get(text)
    if (known !== undefined) return known
    const order = { names, shape: this.#shapeOf(names.toSorted()) }
    this.#orders.set(text, order)
    return order
  }

  #shapeOf(sorted: readonly string[]): Shape {
    const text = JSON.stringify(sorted)
    const known = this.#shapes.get(text)
    if (known !== undefined) return known
    const shape = { id: this.#shapes.size, sorted }
    this.#shapes.set(text, shape)
    return shape
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  for (let index = 0; index < others.length; index++) if (some[index] !== others[index]) return false
  return true
}
