import { type ParseArgsConfig, parseArgs } from 'node:util'
import { messageOf, PhasegateError } from '../base/index.ts'

/** What a command ends with. */
export const EXIT = { ok: 0, bad: 1, usage: 2, unanchored: 3, unreadable: 4 } as const

/** Where a command prints: lines, without their line feeds. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
}

/** The arguments of a command, taken apart. @throws OPTION_INVALID */
export function argumentsOf<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    throw wrongUse(messageOf(error), 'what --help says')
  }
}

/** What is thrown at arguments that make no sense. */
export function wrongUse(found: string, expected: string): PhasegateError<'OPTION_INVALID'> {
  return new PhasegateError('OPTION_INVALID', found, { option: 'arguments', value: found, expected })
}
