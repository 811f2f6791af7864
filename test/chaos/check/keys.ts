import type { Settled } from 'phasegate'
import type { Reading, Story } from '../evidence.ts'
import { grouped } from '../grouped.ts'
import { type Check, each } from './check.ts'

// What an idempotency key promises.

interface Attempts {
  readonly subject: string
  readonly key: string
  /** In the order in which they were requested. */
  readonly stories: readonly Story[]
}

function attemptsOf({ stories }: Reading): readonly Attempts[] {
  const keyed = [...stories.values()].filter(({ requested }) => requested.key !== undefined)
  const byKey = grouped(keyed, ({ subject, requested }) => JSON.stringify([subject, requested.key]))
  return [...byKey.values()].map((all) => {
    const sorted = all.sort((a, b) => a.requested.n - b.requested.n)
    return { subject: sorted[0]?.subject ?? '', key: sorted[0]?.requested.key ?? '', stories: sorted }
  })
}

function isFinal({ ends: [end] }: Story): boolean {
  return end?.kind === 'committed' || (end?.kind === 'rolledBack' && end.failure.terminal === true)
}

const once: Check = {
  name: 'under a key there is one attempt after another, none after a final one, and one outcome each',
  run: (reading) =>
    each(attemptsOf(reading), function* ({ subject, key, stories }) {
      const numbers = stories.map(({ requested }) => requested.attempt)
      if (numbers.some((attempt, index) => attempt !== index + 1)) yield `${subject}, key ${key}: attempts ${numbers}`
      if (stories.slice(0, -1).some(isFinal)) yield `${subject}, key ${key}: an attempt after a final one`
      if (new Set(stories.map(({ requested }) => requested.fingerprint)).size > 1)
        yield `${subject}, key ${key}: attempts at different requests`
    }),
}

const stored: Check = {
  name: 'what is stored against a key is how its last attempt ended',
  run: (reading) => {
    const settled = new Map(reading.evidence.chronicles.map((chronicle) => [chronicle.id, chronicle.settled]))
    return each(attemptsOf(reading), function* ({ subject, key, stories }) {
      const ended = stories.filter(({ ends }) => ends.length > 0).at(-1)
      const found = settled.get(subject)?.get(key)
      if (ended?.requested.flipId !== found?.flipId)
        yield `${subject}, key ${key}: the stored outcome is ${found?.flipId}'s`
      else if (!agrees(ended, found)) yield `${subject}, key ${key}: the stored outcome is another`
    })
  },
}

function agrees(story: Story | undefined, settled: Settled | undefined): boolean {
  const end = story?.ends[0]
  return (
    end?.kind === settled?.outcome.type &&
    story?.requested.attempt === settled?.attempt &&
    end?.epoch === settled?.epoch
  )
}

export const KEY_CHECKS: readonly Check[] = [once, stored]
