import { callable, type Duration, identifier, isPlainObject, known, limit, refuse } from '../base/index.ts'
import type { Incoming } from './traffic/index.ts'

/** A phase in which a service serves, but not everything: read-only, say. */
export interface ModeOptions {
  /** Whether a request is served in this mode: anything but `true` is refused with 503. @default every request is */
  readonly admits?: ((request: Incoming) => boolean) | undefined
  /** How long requests that it does not admit may still take when it is entered; else it is not entered. @default '30s' */
  readonly within?: Duration | undefined
}

/** A mode, parsed. */
export interface ModeSpec {
  readonly name: string
  readonly admits: ((request: Incoming) => boolean) | undefined
  readonly withinMs: number
}

const RESERVED: readonly string[] = ['starting', 'active', 'draining', 'stopped']

/** Throws `OPTION_INVALID`, naming the mode that is wrong. */
export function parseModes(given: unknown): readonly ModeSpec[] {
  if (given === undefined) return []
  if (!isPlainObject(given)) return refuse('modes', given, 'an object of modes by name')
  return Object.entries(given).map(([name, mode]) => {
    const place = `modes.${identifier(name, 'the name of a mode')}`
    if (RESERVED.includes(name)) return refuse('the name of a mode', name, `another word than ${RESERVED.join(', ')}`)
    const { admits, within }: ModeOptions = known(mode, place, ['admits', 'within'])
    return {
      name,
      admits: admits === undefined ? undefined : callable(admits, `${place}.admits`),
      withinMs: limit(within, `${place}.within`, '30s'),
    }
  })
}
