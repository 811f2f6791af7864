/** One thing that is wrong with a chart: where, what, and what to do about it. */
export interface Problem {
  readonly place: string
  readonly problem: string
  readonly mend: string
}

/** A name as messages show it. */
export function quoted(name: string): string {
  return `"${name}"`
}

/** One problem for every name that occurs more than once. */
export function twice(all: readonly { readonly name: string }[], place: (name: string) => string): readonly Problem[] {
  const names = all.map((one) => one.name)
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index))
  return [...repeated].map((name) => ({
    place: place(name),
    problem: 'is declared more than once',
    mend: 'rename one of them, or remove it',
  }))
}
