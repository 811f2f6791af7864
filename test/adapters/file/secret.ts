import { readdirSync, readFileSync } from 'node:fs'
import type { Append, JournalRecord, SubjectRef } from '../../../src/ports/index.ts'
import { appendOf, flipOf, headOf, settledOf } from '../../../src/testing/contracts/journal-samples.ts'

/** What shall be gone wherever it was written. */
export const SECRET = 'kim lives here'
export const ONE: SubjectRef = { chart: 'c', id: 'one' }
export const OTHER: SubjectRef = { chart: 'c', id: 'other' }

const output = { said: SECRET }

function stepped(n: number, flipId: string): JournalRecord {
  return { n, at: n, epoch: 1, kind: 'stepped', flipId, step: `s${n}`, output }
}

/** A flip of four appends upon `version`: the secret stands in its records, in its heads and in its outcome. */
export function secretFlip(version: number, id: string): readonly Append[] {
  const flip = flipOf({ id, input: output, done: [{ step: 's', output }] })
  const failure = { code: 'STEP_FAILED', message: SECRET } as const
  const going = [0, 1, 2].map((step) =>
    appendOf(version + step, {
      records: [stepped(version + step + 1, id)],
      head: headOf(version + step + 1, 1, { flip }),
      opId: `${id} ${step}`,
    }),
  )
  const settled = { ...settledOf(id, id), outcome: { type: 'rolledBack', failure } } as const
  return [...going, appendOf(version + 3, { records: [stepped(version + 4, id)], settled, opId: `${id} end` })]
}

/** The flip that the secret is of, one that says it too and keeps it, and what drops the first. */
export const STORY: readonly (readonly [SubjectRef, Append])[] = [
  ...secretFlip(0, 'first').map((append) => [ONE, append] as const),
  [OTHER, appendOf(0, { opId: 'other' })],
  [ONE, appendOf(4, { opId: 'more' })],
  [ONE, appendOf(5, { drop: [1, 2, 3, 4], opId: 'drop' })],
  [ONE, appendOf(6, { opId: 'last' })],
]

/** How often a text stands in the files of a folder. */
export function countIn(folder: string, text: string): number {
  return readdirSync(folder)
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8').split(text).length - 1)
    .reduce((sum, count) => sum + count, 0)
}
