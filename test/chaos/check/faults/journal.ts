import type { JournalRecord } from 'phasegate'
import type { Story } from '../../evidence.ts'
import { chronicled, type Fault, hasCommitted, misrecorded, one } from './plant.ts'

const anyStory = (): boolean => true
const isLong = ({ records }: Story): boolean => records.length > 3

function isEnd({ kind }: JournalRecord): boolean {
  return kind === 'committed' || kind === 'rolledBack'
}

export const JOURNAL_FAULTS: readonly Fault[] = [
  {
    name: 'a payload was changed',
    check: 'every chain verifies',
    plant(evidence) {
      const chronicle = one(evidence.chronicles, ({ sealed }) => sealed.length > 2)
      const [first, second, ...rest] = chronicle.sealed
      if (first === undefined || second === undefined) return evidence
      const changed = { ...second, payload: second.payload.replace('{', '{ ') }
      return chronicled(evidence, chronicle, { sealed: [first, changed, ...rest] })
    },
  },
  {
    name: 'the last record was lost, and the head not',
    check: 'every head is the fold of its history',
    plant(evidence) {
      const chronicle = one(evidence.chronicles, ({ sealed }) => sealed.length > 2)
      return chronicled(evidence, chronicle, { sealed: chronicle.sealed.slice(0, -1) })
    },
  },
  {
    name: 'an old owner wrote after a new one',
    check: 'no older epoch comes after a newer one, and each epoch is opened once, by whoever takes over',
    plant: (evidence) =>
      misrecorded(evidence, isLong, (record) => [
        record.kind === 'stepped' ? { ...record, epoch: record.epoch - 1 } : record,
      ]),
  },
  {
    name: 'two flips at once',
    check: 'every flip was requested while no other was in progress, and legally',
    plant: (evidence) =>
      misrecorded(evidence, anyStory, (record) =>
        record.kind === 'requested' ? [{ ...record, flipId: 'other', trace: 'other' }, record] : [record],
      ),
  },
  {
    name: 'a flip from a phase in which the subject was not',
    check: 'every flip was requested while no other was in progress, and legally',
    plant: (evidence) =>
      misrecorded(evidence, anyStory, (record) => [
        record.kind === 'requested' ? { ...record, from: 'nowhere' } : record,
      ]),
  },
  {
    name: 'the end of a flip was lost',
    check: 'every flip that was requested has exactly one end, or is stuck',
    plant: (evidence) => misrecorded(evidence, anyStory, (record) => (isEnd(record) ? [] : [record])),
  },
  {
    name: 'a flip ended twice',
    check: 'every flip that was requested has exactly one end, or is stuck',
    plant: (evidence) => misrecorded(evidence, anyStory, (record) => (isEnd(record) ? [record, record] : [record])),
  },
  {
    name: 'the request of a flip was lost',
    check: 'no record belongs to a flip that nobody requested',
    plant: (evidence) => misrecorded(evidence, isLong, (record) => (record.kind === 'requested' ? [] : [record])),
  },
  {
    name: 'a flip committed without one of its steps',
    check: 'every step is recorded once, in order; a commit has all of them, a roll-back has undone all that it had to',
    plant: (evidence) =>
      misrecorded(
        evidence,
        (story) => hasCommitted(story) && isLong(story),
        (record) => (record.kind === 'stepped' ? [] : [record]),
      ),
  },
  {
    name: 'a step was recorded twice',
    check: 'every step is recorded once, in order; a commit has all of them, a roll-back has undone all that it had to',
    plant: (evidence) =>
      misrecorded(evidence, isLong, (record) => (record.kind === 'stepped' ? [record, record] : [record])),
  },
  {
    name: 'a flip was rolled back without an undo that it had to make',
    check: 'every step is recorded once, in order; a commit has all of them, a roll-back has undone all that it had to',
    plant: (evidence) =>
      misrecorded(
        evidence,
        ({ records }) => records.some(({ kind }) => kind === 'undone'),
        (record) => (record.kind === 'undone' ? [] : [record]),
      ),
  },
]
