import { decoded, isKeyName, type NoteKey, type Verifier } from './keys.ts'

// C2SP signed-note: a text, an empty line, and lines of signatures.

/** The signature line of a key, as it stands in a note. */
export interface NoteSignature {
  readonly name: string
  readonly id: string
  readonly bytes: Uint8Array
}

/** A note, taken apart; nothing of it has been verified. */
export interface Note {
  /** With its last line feed: this is what is signed. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** What the signatures of a note are worth to somebody who trusts some keys. */
export type Trust =
  /** `by`: the trusted keys that signed it, in the order of their lines. */
  | { readonly type: 'trusted'; readonly by: readonly Verifier[] }
  /** None of its signatures is by a trusted key. */
  | { readonly type: 'unknown' }
  /** A signature that claims to be by a trusted key is not. */
  | { readonly type: 'forged'; readonly by: Verifier }

const MOST_SIGNATURES = 100
const DASH = '\u2014'
const ID_BYTES = 4
/** Control characters but the line feed. */
const CONTROL = /[^\P{Cc}\n\x7f-\x9f]/u

/** The note over a text (whole lines), signed by each key. */
export function signNote(text: string, keys: readonly NoteKey[]): string {
  return `${text}\n${keys.map((key) => signatureLine(key, text)).join('')}`
}

function signatureLine({ verifier: { name, id }, sign }: NoteKey, text: string): string {
  return `${DASH} ${name} ${Buffer.concat([Buffer.from(id, 'hex'), sign(text)]).toString('base64')}\n`
}

/** A note, or `undefined` where the text is none. The last empty line is what ends the text. */
export function parseNote(message: string): Note | undefined {
  const end = message.lastIndexOf('\n\n')
  if (end < 0 || !message.endsWith('\n') || !message.isWellFormed() || CONTROL.test(message)) return undefined
  const lines = message.slice(end + 2, -1).split('\n')
  const signatures = lines.flatMap((line) => parseSignature(line) ?? [])
  if (signatures.length !== lines.length || lines.length > MOST_SIGNATURES) return undefined
  return { text: message.slice(0, end + 1), signatures }
}

function parseSignature(line: string): NoteSignature | undefined {
  const [dash, name = '', base64 = '', ...more] = line.split(' ')
  const bytes = decoded(base64)
  if (dash !== DASH || !isKeyName(name) || more.length > 0) return undefined
  if (bytes === undefined || bytes.length <= ID_BYTES) return undefined
  return { name, id: bytes.toString('hex', 0, ID_BYTES), bytes: bytes.subarray(ID_BYTES) }
}

/** Verifies the signatures of trusted keys; all others are passed over. One that fails spoils the note. */
export function judgeNote({ text, signatures }: Note, trusted: readonly Verifier[]): Trust {
  const by: Verifier[] = []
  for (const { name, id, bytes } of signatures) {
    const verifier = trusted.find((key) => key.name === name && key.id === id)
    if (verifier === undefined || by.includes(verifier)) continue
    if (!verifier.verify(text, bytes)) return { type: 'forged', by: verifier }
    by.push(verifier)
  }
  return by.length === 0 ? { type: 'unknown' } : { type: 'trusted', by }
}
