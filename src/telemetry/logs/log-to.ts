import { callable, known, refuse } from '../../base/index.ts'
import type { Stop } from '../../ports/index.ts'
import type { GateEvent, GateEvents, Listenable } from '../index.ts'
import { entryOf, type LogEntry } from './entry.ts'
import { type Level, LINES } from './sentences.ts'

/** As pino and console are: the record, and the sentence. */
export type Logger = { readonly [L in Level]: (entry: LogEntry, message: string) => unknown }

export interface LogOptions {
  /** How loud each event is, or `'off'`. @default what only the author of a step needs is `debug`, what a person must do is `error` */
  readonly levels?: { readonly [Event in GateEvent]?: Level | 'off' | undefined } | undefined
}

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error']
const EVENTS = Object.keys(LINES) as readonly GateEvent[]

/**
 * Logs every event of a gate, one structured record and one sentence each, until the stop that it returns is called. A
 * logger that throws is reported on `error`.
 * @throws OPTION_INVALID naming the option
 * @example const stop = logTo(gate, pino())
 */
export function logTo(gate: Listenable, logger: Logger, options?: LogOptions): Stop {
  for (const level of LEVELS) callable((logger as Partial<Logger> | null | undefined)?.[level], `logger.${level}`)
  const given = known(options, 'log options', ['levels'])
  const levels = known(given.levels, 'levels', EVENTS)
  const stops = EVENTS.map((event) => listen(gate, logger, event, parseLevel(levels[event], event)))
  return () => {
    for (const stop of stops) stop()
  }
}

function listen<Event extends GateEvent>(gate: Listenable, logger: Logger, event: Event, level: Level | 'off'): Stop {
  if (level === 'off') return () => undefined
  const { say } = LINES[event]
  return gate.on(event, (payload: GateEvents[Event]) => logger[level](entryOf(event, payload), say(payload)))
}

function parseLevel(value: unknown, event: GateEvent): Level | 'off' {
  if (value === undefined) return LINES[event].level
  if (value === 'off' || LEVELS.includes(value as Level)) return value as Level | 'off'
  return refuse(`levels["${event}"]`, value, "'debug', 'info', 'warn', 'error' or 'off'")
}
