import { messageOf } from '../../base/index.ts'
import type { Actor } from '../../ports/index.ts'
import type { GateEvent, GateEvents } from '../index.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** How an event is logged: for whom, and as which sentence. */
interface Line<Event extends GateEvent> {
  readonly level: Level
  say(payload: GateEvents[Event]): string
}

interface OfFlip {
  readonly flip: string
  readonly subject: string
}

const named = ({ flip, subject }: OfFlip): string => `flip "${flip}" of "${subject}"`
const by = (actor: Actor | undefined): string => (actor === undefined ? 'nobody known' : `"${actor.id}"`)
const times = (repeats: number): string => (repeats === 0 ? '' : `, and ${repeats} times more`)

/** Every event of a gate. What only the author of a step wants to know is `debug`; what a person has to do, `error`. */
export const LINES: { readonly [Event in GateEvent]: Line<Event> } = {
  'flip.requested': {
    level: 'info',
    say: (event) =>
      `${named(event)} begins: "${event.from}" > "${event.to}"${event.breakGlass === undefined ? '' : ', the glass broken'}`,
  },
  'flip.started': { level: 'debug', say: (event) => `${named(event)}: step "${event.step}" begins, once` },
  'flip.stepped': { level: 'debug', say: (event) => `${named(event)}: step "${event.step}" is done` },
  'flip.turned': { level: 'warn', say: (event) => `${named(event)} turns back: ${event.failure.message}` },
  'flip.undone': { level: 'debug', say: (event) => `${named(event)}: step "${event.step}" is undone` },
  'flip.committed': { level: 'info', say: (event) => `${named(event)} is committed: "${event.from}" > "${event.to}"` },
  'flip.rolledBack': {
    level: 'warn',
    say: (event) => `${named(event)} is rolled back to "${event.from}": ${event.failure.message}`,
  },
  'flip.stuck': {
    level: 'error',
    say: (event) => `${named(event)} is stuck and has to be resolved: ${event.failure.message}`,
  },
  'flip.resolved': {
    level: 'warn',
    say: (event) => `${named(event)} is resolved (${event.how}) by ${by(event.actor)}: ${event.reason}`,
  },
  'flip.adopted': { level: 'warn', say: (event) => `${named(event)} is taken over from ${event.previous}` },
  'flip.cancelRequested': {
    level: 'warn',
    say: (event) => `${named(event)} is to turn back, says ${by(event.actor)}: ${event.reason}`,
  },
  'flip.approved': {
    level: 'info',
    say: (event) => `${named(event)} is approved by ${by(event.actor)}: ${event.reason}`,
  },
  'flip.denied': {
    level: 'debug',
    say: (event) => `${by(event.actor)} was denied on "${event.subject}": ${event.reason}${times(event.repeats)}`,
  },
  'flip.forced': {
    level: 'warn',
    say: (event) =>
      `"${event.subject}" is forced from "${event.from}" into "${event.phase}" by ${by(event.actor)}: ${event.reason}`,
  },
  'flip.migrated': {
    level: 'info',
    say: (event) =>
      `"${event.subject}" moves from "${event.from}" to "${event.phase}" with another version of its chart`,
  },
  'flip.pruned': { level: 'info', say: (event) => `old keys of "${event.subject}" are forgotten: ${event.reason}` },
  'flip.redacted': {
    level: 'warn',
    say: (event) =>
      `${event.records.length} records of "${event.subject}" are redacted by ${by(event.actor)}: ${event.reason}`,
  },
  'flip.refused': { level: 'info', say: (event) => event.error.message },
  unauthorised: { level: 'warn', say: (event) => event.error.message },
  'lease.lost': { level: 'warn', say: (event) => `${named(event)} had to be left: ${event.error.message}` },
  error: { level: 'error', say: (event) => `${event.during}: ${messageOf(event.error)}` },
}
