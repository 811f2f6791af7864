import { PhasegateError } from '../../base/index.ts'
import { failed } from './appends.ts'
import type { Row, Statement } from './client.ts'
import { SCHEMA_VERSION } from './schema.ts'
import type { Statements } from './statements.ts'
import { troubleOf } from './trouble.ts'

/** No such table or schema, and no right to look. */
const NOT_THERE = /^(?:42P01|3F000|42501)$/

/** Looks whether a journal can be kept here. @throws JOURNAL_UNFIT, JOURNAL_FAILED */
export async function checkFitness(
  schema: string,
  ask: (statement: Statement) => Promise<readonly Row[]>,
  { fitness, lastMark }: Statements,
): Promise<void> {
  let row: Row | undefined
  try {
    row = (await ask(fitness))[0]
  } catch (error) {
    const trouble = troubleOf(error)
    if (trouble.type === 'refused' && NOT_THERE.test(trouble.code ?? ''))
      throw unfit(trouble.cause, `the tables of schema "${schema}": run migrate(pool), or the SQL of postgresSchema()`)
    throw failed('open', trouble.cause, error)
  }
  const version = Number(row?.version ?? 0)
  if (version !== SCHEMA_VERSION) {
    const mend = version < SCHEMA_VERSION ? 'run migrate(pool)' : 'use a newer version of phasegate'
    throw unfit(`tables of version ${version} in schema "${schema}"`, `version ${SCHEMA_VERSION}: ${mend}`)
  }
  // Acknowledged, and lost in a crash of the server: no journal can be built on that.
  if (row?.commits === 'off') throw unfit('synchronous_commit = off', 'on, for the role or database of the journal')
  checkMarks(schema, (await ask(lastMark))[0])
}

/**
 * Looks at the answer to `lastMark`. Marks that this server cannot have given make the feed wait in vain, and what is
 * written now might come before what was given out. @throws JOURNAL_UNFIT
 */
export function checkMarks(schema: string, last: Row | undefined): void {
  if (last?.ahead !== true) return
  const found = `records marked ${last.mark}, by transactions that this server has not had yet`
  throw unfit(
    found,
    `marks of its own, as after a move to another server: "select ${schema}.restored()", once, as the owner`,
  )
}

function unfit(found: string, expected: string): PhasegateError<'JOURNAL_UNFIT'> {
  const message = `this database cannot carry the journal: found ${found}; it needs ${expected}`
  return new PhasegateError('JOURNAL_UNFIT', message, { found, expected })
}
