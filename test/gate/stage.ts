import { type Journal, type JournalRecord, memoryJournal, memoryLock, type Subject } from 'phasegate'
import { type VirtualClock, virtualClock } from '../../src/testing/time/index.ts'

/** Time, a journal and a lock that several gates of one test share. */
export function stage() {
  const clock = virtualClock()
  return { clock, journal: memoryJournal({ clock }), lock: memoryLock({ clock }) }
}

export async function records(subject: Pick<Subject, 'history'>): Promise<JournalRecord[]> {
  const found: JournalRecord[] = []
  for await (const record of subject.history()) found.push(record)
  return found
}

export async function kinds(subject: Pick<Subject, 'history'>): Promise<string[]> {
  return (await records(subject)).map((record) => record.kind)
}

/** A promise that is settled from outside. */
export function signal<Value = void>() {
  let resolve: (value: Value) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** The journal with some of its methods replaced. */
export function over(journal: Journal, changes: Partial<Journal>): Journal {
  return {
    read: (subject) => journal.read(subject),
    append: (subject, append) => journal.append(subject, append),
    renew: (subject, epoch, ttlMs) => journal.renew(subject, epoch, ttlMs),
    settled: (subject, key) => journal.settled(subject, key),
    history: (subject, range) => journal.history(subject, range),
    heads: (chart) => journal.heads(chart),
    abandoned: (chart, limit, id) => journal.abandoned(chart, limit, id),
    due: (chart, limit) => journal.due(chart, limit),
    stuck: (chart, limit) => journal.stuck(chart, limit),
    feed: (after, limit) => journal.feed(after, limit),
    tips: () => journal.tips(),
    bookmark: (name) => journal.bookmark(name),
    moveBookmark: (name, from, to) => journal.moveBookmark(name, from, to),
    close: () => journal.close(),
    ...changes,
  }
}

/** A journal that stops answering, as the process behind it would if it died. */
export function mortal(journal: Journal): { readonly journal: Journal; die(): void } {
  const never = new Promise<never>(() => undefined)
  let isDead = false
  const alive = <Answer>(answer: () => Promise<Answer>): Promise<Answer> => (isDead ? never : answer())
  return {
    die: () => {
      isDead = true
    },
    journal: over(journal, {
      read: (subject) => alive(() => journal.read(subject)),
      append: (subject, append) => alive(() => journal.append(subject, append)),
      renew: (subject, epoch, ttlMs) => alive(() => journal.renew(subject, epoch, ttlMs)),
    }),
  }
}

/** The wall time that has gone when `done` settles, in virtual ms; time is moved on in small steps. */
export async function timed(clock: VirtualClock, done: Promise<unknown>, stepMs = 10): Promise<number> {
  const start = clock.monotonic()
  let isDone = false
  done.then(
    () => (isDone = true),
    () => (isDone = true),
  )
  await clock.advance(0)
  while (!isDone && clock.monotonic() - start < 3_600_000) await clock.advance(stepMs)
  return clock.monotonic() - start
}

/** Whether a promise is still pending once everything that needs no time has gone on. */
export async function isPending(clock: VirtualClock, promise: Promise<unknown>): Promise<boolean> {
  let pending = true
  const settled = (): void => {
    pending = false
  }
  promise.then(settled, settled)
  await clock.advance(0)
  return pending
}
