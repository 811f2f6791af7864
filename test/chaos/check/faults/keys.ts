import { readingOf, type Story } from '../../evidence.ts'
import { chronicled, type Fault, hasCommitted, misrecorded, one } from './plant.ts'

export const KEY_FAULTS: readonly Fault[] = [
  {
    name: 'a key was committed twice',
    check: 'under a key there is one attempt after another, none after a final one, and one outcome each',
    plant(evidence) {
      const stories = [...readingOf(evidence).stories.values()].filter(hasCommitted)
      const follows = (early: Story, late: Story): boolean =>
        early.subject === late.subject && early.requested.n < late.requested.n
      const keyed = stories.filter(({ requested }) => requested.key !== undefined)
      const second = one(stories, (late) => keyed.some((early) => follows(early, late)))
      const { key } = one(keyed, (early) => follows(early, second)).requested
      return misrecorded(
        evidence,
        ({ requested }) => requested.flipId === second.requested.flipId,
        (record) => [record.kind === 'requested' ? { ...record, key, attempt: 2 } : record],
      )
    },
  },
  {
    name: 'an attempt was left out',
    check: 'under a key there is one attempt after another, none after a final one, and one outcome each',
    plant: (evidence) =>
      misrecorded(
        evidence,
        ({ requested }) => requested.key !== undefined,
        (record) => [record.kind === 'requested' ? { ...record, attempt: record.attempt + 1 } : record],
      ),
  },
  {
    name: 'the outcome stored against a key was lost',
    check: 'what is stored against a key is how its last attempt ended',
    plant(evidence) {
      const chronicle = one(evidence.chronicles, ({ settled }) => settled.size > 0)
      return chronicled(evidence, chronicle, { settled: new Map() })
    },
  },
]
