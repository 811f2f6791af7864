import { formatMs } from '../base/index.ts'
import type { DrainPart } from './summary.ts'
import type { Pending } from './traffic/index.ts'

/** What a drain waits for, told each second. */
export interface Waiting {
  readonly part: DrainPart
  readonly pending: readonly Pending[]
  /** `3 requests: GET /report 12.0 s, GET /export 3.1 s, …; consumer emails 1.2 s` */
  readonly text: string
  /** Milliseconds since the trigger. */
  readonly forMs: number
}

const MOST_NAMED = 3
const DOING: { readonly [Part in DrainPart]: string } = {
  lameDuck: 'serving until nobody sends traffic',
  stopAccepting: 'closing the listeners',
  linger: 'letting idle connections go',
  inFlight: 'waiting for what is in flight',
  release: 'letting go of dependencies',
}

/** What is waited for, in a line: the oldest of each kind by name. */
export function waitingText(part: DrainPart, pending: readonly Pending[]): string {
  if (pending.length === 0) return DOING[part]
  const kinds = new Map<Pending['what'], Pending[]>()
  for (const one of pending) kinds.set(one.what, [...(kinds.get(one.what) ?? []), one])
  return [...kinds].map(([what, all]) => kindText(what, all)).join('; ')
}

function kindText(what: Pending['what'], all: readonly Pending[]): string {
  const counted = what === 'permits' ? what : all.length === 1 ? `1 ${what}` : `${all.length} ${PLURALS[what]}`
  const named = all.slice(0, MOST_NAMED).map(oneText)
  return `${counted}: ${named.join(', ')}${all.length > MOST_NAMED ? ', …' : ''}`
}

const PLURALS: { readonly [What in Pending['what']]: string } = {
  request: 'requests',
  'half-received request': 'half-received requests',
  'upgraded connection': 'upgraded connections',
  hold: 'holds',
  consumer: 'consumers',
  dependency: 'dependencies',
  permits: 'permits',
}

function oneText({ what, name, method, path, ageMs }: Pending): string {
  const age = formatMs(Math.round(ageMs / 100) * 100)
  const called = what === 'request' ? `${method} ${path}` : (name ?? path)
  return called === undefined ? age : `${called} ${age}`
}
