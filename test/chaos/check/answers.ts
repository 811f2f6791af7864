import { isDeepStrictEqual } from 'node:util'
import type { ErrorCode } from 'phasegate'
import type { Reading, Story } from '../evidence.ts'
import { grouped } from '../grouped.ts'
import type { Acknowledged, Answer } from '../messages.ts'
import { type Check, each } from './check.ts'
import { plain } from './journal.ts'

// What callers were told must be what the journal says.

type Told<Type extends Answer['type']> = Acknowledged & { readonly answer: Extract<Answer, { type: Type }> }

function those<Type extends Answer['type']>({ evidence }: Reading, type: Type): readonly Told<Type>[] {
  return evidence.acknowledged.filter((told): told is Told<Type> => told.answer.type === type)
}

/** The story of the flip that an answer is about, if it may be the answer to that call. */
function* storyFor(reading: Reading, { call }: Acknowledged, flipId: string): Generator<string, Story | undefined> {
  const story = reading.stories.get(flipId)
  if (story === undefined) {
    yield `call ${call.id}: flip ${flipId} is lost`
    return undefined
  }
  const { flip, key, trace } = story.requested
  const isTheirs = call.key === undefined ? trace === call.id : key === call.key
  if (story.subject !== call.subject || flip !== call.flip || !isTheirs)
    yield `call ${call.id}: was answered with flip ${flipId}, which is another's`
  return story
}

const commits: Check = {
  name: 'every commit that a caller was told of is in the journal, with the same result',
  run: (reading) =>
    each(those(reading, 'committed'), function* (told) {
      const { flipId, from, to, epoch, attempt, outputs } = told.answer
      const story = yield* storyFor(reading, told, flipId)
      if (story === undefined) return
      const [end] = story.ends
      if (end?.kind !== 'committed') return yield `call ${told.call.id}: ${flipId} is ${end?.kind ?? 'not ended'}`
      const stored = { from: end.from, to: end.to, epoch: end.epoch, attempt: story.requested.attempt }
      const isSame = isDeepStrictEqual(stored, { from, to, epoch, attempt })
      if (!isSame || !isDeepStrictEqual(outputsOf(story), plain(outputs)))
        yield `call ${told.call.id}: was told another result of ${flipId} than is stored`
    }),
}

function outputsOf({ records }: Story): unknown {
  return plain(
    Object.fromEntries(records.flatMap((record) => (record.kind === 'stepped' ? [[record.step, record.output]] : []))),
  )
}

const rollBacks: Check = {
  name: 'every roll-back that a caller was told of is in the journal, with the same failure',
  run: (reading) =>
    each(those(reading, 'rolledBack'), function* (told) {
      const { flipId, failure, message, from } = told.answer
      const story = yield* storyFor(reading, told, flipId)
      const [end] = story?.ends ?? []
      if (story === undefined) return
      if (end?.kind !== 'rolledBack') return yield `call ${told.call.id}: ${flipId} is ${end?.kind ?? 'not ended'}`
      if (end.from !== from || end.failure.code !== failure || end.failure.message !== message)
        yield `call ${told.call.id}: was told another failure of ${flipId} than is stored`
    }),
}

const stucks: Check = {
  name: 'every flip that a caller was told is stuck was stuck',
  run: (reading) =>
    each(those(reading, 'stuck'), function* (told) {
      const story = yield* storyFor(reading, told, told.answer.flipId)
      if (story?.records.some(({ kind }) => kind === 'stuck') === false)
        yield `call ${told.call.id}: ${told.answer.flipId} never was`
    }),
}

/** Nothing was done, these say. */
const NOTHING_DONE: ReadonlySet<ErrorCode> = new Set([
  'FLIP_ILLEGAL',
  'FLIP_BUSY',
  'GUARD_REFUSED',
  'KEY_MISMATCH',
  'JOURNAL_FAILED',
  'JOURNAL_CONFLICT',
])

const refusals: Check = {
  name: 'a call that was refused has begun no flip',
  run: (reading) =>
    each(those(reading, 'refused'), function* ({ call, answer }) {
      const begun = reading.begunBy.get(call.id)
      if (begun !== undefined && NOTHING_DONE.has(answer.code))
        yield `call ${call.id}: was refused with ${answer.code}, and began flip ${begun[0]?.requested.flipId}`
      if (answer.flipId !== undefined && !reading.stories.has(answer.flipId))
        yield `call ${call.id}: made way for flip ${answer.flipId}, which is lost`
    }),
}

const single: Check = {
  name: 'a call begins at most one flip',
  run: ({ begunBy }) =>
    each(begunBy, function* ([call, stories]) {
      if (stories.length > 1) yield `call ${call}: began ${stories.map(({ requested }) => requested.flipId).join(', ')}`
    }),
}

const order: Check = {
  name: 'what was asked after an answer was in hand comes after it in the journal',
  run: (reading) => {
    const bySubject = grouped(reading.evidence.acknowledged, ({ call }) => call.subject)
    return each(bySubject, ([, all]) => disorder(reading, all))
  },
}

/** Follows the machine's clock: each answer raises the number that a later call's request must be above. */
function* disorder({ stories, begunBy }: Reading, all: readonly Acknowledged[]): Iterable<string> {
  const asked = all.map(({ call, askedAt: at }) => ({ at, call, begunAs: begunBy.get(call.id)?.[0]?.requested.n }))
  const told = all.flatMap(({ call, answeredAt: at, answer }) =>
    answer.type === 'committed' || answer.type === 'rolledBack'
      ? [{ at, call, endedAs: stories.get(answer.flipId)?.ends[0]?.n }]
      : [],
  )
  let latest = 0
  for (const moment of [...asked, ...told].sort((a, b) => a.at - b.at)) {
    if ('endedAs' in moment) latest = Math.max(latest, moment.endedAs ?? 0)
    else if (moment.begunAs !== undefined && moment.begunAs <= latest)
      yield `call ${moment.call.id}: began with record ${moment.begunAs}, when record ${latest} had been told of`
  }
}

export const ANSWER_CHECKS: readonly Check[] = [commits, rollBacks, stucks, refusals, single, order]
