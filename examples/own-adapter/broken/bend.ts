/** A port with some of its methods replaced. */
export function bend<Port extends object>(port: Port, changes: Partial<Port>): Port {
  return new Proxy(port, {
    get: (_, name) => {
      const from = name in changes ? changes : port
      const value: unknown = Reflect.get(from, name)
      return typeof value === 'function' ? value.bind(from) : value
    },
  })
}

/** An adapter that does not keep a promise: how, which one, and a new one of it to run a suite with. */
export interface Broken<Harness> {
  readonly name: string
  readonly breaks: number
  harness(): Harness
}
