import { type Evidence, readingOf } from '../../evidence.ts'
import type { Acknowledged, Answer } from '../../messages.ts'
import { type Fault, misrecorded, one, replaced } from './plant.ts'

/** A call that was answered with the end of the flip that it began itself. */
function own<Type extends Answer['type']>(evidence: Evidence, type: Type) {
  const { begunBy } = readingOf(evidence)
  type Own = Acknowledged & { readonly answer: Extract<Answer, { type: Type }> }
  return one(evidence.acknowledged, ({ call, answer }) => answer.type === type && begunBy.has(call.id)) as Own
}

function answered(evidence: Evidence, old: Acknowledged, now: Partial<Acknowledged>): Evidence {
  return { ...evidence, acknowledged: replaced(evidence.acknowledged, old, { ...old, ...now }) }
}

export const ANSWER_FAULTS: readonly Fault[] = [
  {
    name: 'a commit that was told of was lost',
    check: 'every commit that a caller was told of is in the journal, with the same result',
    plant(evidence) {
      const { answer } = own(evidence, 'committed')
      return misrecorded(
        evidence,
        ({ requested }) => requested.flipId === answer.flipId,
        () => [],
      )
    },
  },
  {
    name: 'a commit that was told of was rolled back',
    check: 'every commit that a caller was told of is in the journal, with the same result',
    plant(evidence) {
      const { answer } = own(evidence, 'committed')
      const failure = { code: 'STEP_FAILED', message: 'it failed' } as const
      return misrecorded(
        evidence,
        ({ requested }) => requested.flipId === answer.flipId,
        (record) => [record.kind === 'committed' ? { ...record, kind: 'rolledBack', failure } : record],
      )
    },
  },
  {
    name: 'another result was told than was stored',
    check: 'every commit that a caller was told of is in the journal, with the same result',
    plant(evidence) {
      const told = own(evidence, 'committed')
      return answered(evidence, told, { answer: { ...told.answer, outputs: { fuel: 'of another' } } })
    },
  },
  {
    name: 'a call was answered with the flip of another',
    check: 'every commit that a caller was told of is in the journal, with the same result',
    plant(evidence) {
      const told = own(evidence, 'committed')
      return answered(evidence, told, { call: { ...told.call, id: 'other', key: undefined } })
    },
  },
  {
    name: 'another failure was told than was stored',
    check: 'every roll-back that a caller was told of is in the journal, with the same failure',
    plant(evidence) {
      const told = own(evidence, 'rolledBack')
      return answered(evidence, told, { answer: { ...told.answer, message: 'something else' } })
    },
  },
  {
    name: 'a flip that was told to be stuck never was',
    check: 'every flip that a caller was told is stuck was stuck',
    plant(evidence) {
      const told = own(evidence, 'committed')
      return answered(evidence, told, { answer: { type: 'stuck', flipId: told.answer.flipId } })
    },
  },
  {
    name: 'a call that was refused had begun a flip',
    check: 'a call that was refused has begun no flip',
    plant(evidence) {
      const told = own(evidence, 'committed')
      return answered(evidence, told, { answer: { type: 'refused', code: 'JOURNAL_FAILED', flipId: undefined } })
    },
  },
  {
    name: 'a call began two flips',
    check: 'a call begins at most one flip',
    plant(evidence) {
      const { call, answer } = own(evidence, 'committed')
      return misrecorded(
        evidence,
        ({ requested }) => requested.flipId !== answer.flipId,
        (record) => [record.kind === 'requested' ? { ...record, trace: call.id } : record],
      )
    },
  },
  {
    name: 'a flip came before one that had been told of when it was asked for',
    check: 'what was asked after an answer was in hand comes after it in the journal',
    plant(evidence) {
      const { call } = own(evidence, 'committed')
      const first = one(evidence.acknowledged, (told) => told.call.id === call.id)
      return answered(evidence, first, { askedAt: 1e12, answeredAt: 1e12 })
    },
  },
]
