import { writeFileSync } from 'node:fs'
import { newSigningKey } from '../trail/index.ts'
import { argumentsOf, EXIT, type Terminal, wrongUse } from './command.ts'

export const KEYGEN_USAGE = `  phasegate keygen <name> [--out <file>]
      Makes a key for checkpoints. Prints the secret key and the verifier key, a line each;
      with --out the secret one goes to that file, which must not be there, and is for its owner alone.`

const OPTIONS = { out: { type: 'string' } } as const

/** `phasegate keygen <name>` */
export async function keygen(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = argumentsOf({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) throw wrongUse('keygen takes one name, such as example.com/db', 'one name')
  const { key, verifier } = newSigningKey(name)
  if (values.out === undefined) terminal.out(key)
  else writeFileSync(values.out, `${key}\n`, { mode: 0o600, flag: 'wx' })
  terminal.out(verifier)
  return EXIT.ok
}
