import { unreachable } from '../base/index.ts'
import { type VerifyOptions, type VerifyReport, verify } from '../trail/index.ts'
import { argumentsOf, EXIT, type Terminal, wrongUse } from './command.ts'
import { withPostgres } from './postgres.ts'
import { printable } from './printable.ts'
import { shown } from './shown.ts'

export const VERIFY_USAGE = `  phasegate verify <folder of a file sink or file journal> [options]
  phasegate verify --postgres <url> [--schema <name>] [options]
      --checkpoints <file>   what fileCheckpoints() has written
      --key <verifier key>   whose signatures are trusted; may be given more than once
      --max-age <duration>   bad, if the newest checkpoint is older: 2h
      --lag <duration>       what only younger checkpoints vouch for may be missing: 5m
      --all                  go on after the first fault
      --json                 the report as a line of JSON`

const OPTIONS = {
  postgres: { type: 'string' },
  schema: { type: 'string' },
  checkpoints: { type: 'string' },
  key: { type: 'string', multiple: true },
  'max-age': { type: 'string' },
  lag: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** `phasegate verify ...` */
export async function verifyCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = argumentsOf({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [folder, ...more] = positionals
  if (more.length > 0) throw wrongUse(`verify takes one folder, and was given ${positionals.length}`, 'one folder')
  if ((folder === undefined) === (values.postgres === undefined))
    throw wrongUse('verify takes a folder or --postgres <url>, and not both', 'a folder or --postgres')
  if (values.schema !== undefined && values.postgres === undefined)
    throw wrongUse('--schema belongs to --postgres', '--postgres')
  const options: VerifyOptions = {
    checkpoints: values.checkpoints,
    keys: values.key,
    maxAge: values['max-age'] as VerifyOptions['maxAge'],
    lag: values.lag as VerifyOptions['lag'],
    all: values.all,
  }
  const report =
    values.postgres === undefined
      ? await verify({ ...options, folder })
      : await withPostgres(values.postgres, values.schema, (journal) => verify({ ...options, journal }))
  terminal.out(values.json ? JSON.stringify(report) : printable(shown(report)))
  return exitOf(report.verdict)
}

function exitOf(verdict: VerifyReport['verdict']): number {
  switch (verdict) {
    case 'ok':
      return EXIT.ok
    case 'ok-unanchored':
      return EXIT.unanchored
    case 'bad':
      return EXIT.bad
    default:
      return unreachable(verdict)
  }
}
