import { isPhasegateError, messageOf } from '../base/index.ts'
import { EXIT, type Terminal } from './command.ts'
import { KEYGEN_USAGE, keygen } from './keygen.ts'
import { printable } from './printable.ts'
import { VERIFY_USAGE, verifyCommand } from './verify.ts'

const COMMANDS: Readonly<Record<string, (args: readonly string[], terminal: Terminal) => Promise<number>>> = {
  verify: verifyCommand,
  keygen,
}

const USAGE = `Usage:
${VERIFY_USAGE}
${KEYGEN_USAGE}
Exit codes: 0 ok, 1 bad, 2 wrong use, 3 holds but is not anchored, 4 could not be read.`

/** Runs the command that the arguments say, and gives the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = '', ...rest] = args
  if (name === '--help' || name === '-h' || rest.includes('--help')) {
    terminal.out(USAGE)
    return EXIT.ok
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    terminal.err(name === '' ? USAGE : `phasegate: there is no command ${printable(name)}\n${USAGE}`)
    return EXIT.usage
  }
  try {
    return await command(rest, terminal)
  } catch (error) {
    terminal.err(`phasegate ${name}: ${printable(messageOf(error))}`)
    return isPhasegateError(error, 'OPTION_INVALID') ? EXIT.usage : EXIT.unreadable
  }
}
