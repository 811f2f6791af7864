/** What a header says, as far as its place in a chain goes. */
export interface Said {
  readonly log?: unknown
  readonly n?: unknown
  readonly kind?: unknown
  readonly payload?: unknown
  readonly prev?: unknown
}

/** Text of JSON that needs no escapes, and a whole number as JSON writes it. */
const TEXT = '[^"\\\\\\u0000-\\u001f]*'
const WHOLE = '(?:0|[1-9]\\d*)'
/** A header as `seal` writes it, where no name in it needs an escape. */
const USUAL = new RegExp(
  [
    `^\\{(?:"actor":"${TEXT}",)?"epoch":${WHOLE},(?:"flip":"${TEXT}",)?"kind":"(${TEXT})","log":"(${TEXT})",`,
    `"n":(${WHOLE}),"payload":"(${TEXT})",(?:"prev":"(${TEXT})",)?"t":${WHOLE},"v":1\\}$`,
  ].join(''),
)

/**
 * What a header says; throws where it is not JSON. To match the usual form takes less than half as long as to parse it, and
 * parsing is most of what verifying costs besides the hashes.
 */
export function readHeader(text: string): Said | null {
  const usual = USUAL.exec(text)
  if (usual === null) return JSON.parse(text) as Said | null
  const [, kind, log, n, payload, prev] = usual
  return { kind, log, n: Number(n), payload, prev }
}
