/** Ends a `switch` over a union: a case that was forgotten is a compile error, and never silent at run time. */
export function unreachable(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`)
}
