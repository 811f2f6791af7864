import { chart, createGate, type Journal, memoryJournal, type Subject } from 'phasegate'
import { virtualClock } from 'phasegate/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { checkChain } from '../../src/audit/index.ts'
import { kinds, records, signal } from './stage.ts'

const kim = { actor: { id: 'kim' }, reason: 'asked for by the person' }

const letter = chart('letter', { version: 1 })
  .deps<{ hold?: Promise<void> }>()
  .phase('written', { initial: true })
  .phase('sent')
  .flip('send', (f) =>
    f
      .from('written')
      .to('sent')
      .input(z.object({ to: z.string() }))
      .step('post', {
        run: async ({ deps, input }) => {
          await deps.hold
          return { receipt: `for ${input.to}` }
        },
      }),
  )
  .flip('recall', (f) => f.from('sent').to('written'))
  .build()

function letters(journal: Journal, hold?: Promise<void>) {
  return createGate(letter, { deps: hold === undefined ? {} : { hold }, journal }).subject('1')
}

async function payloads(journal: Journal): Promise<string[]> {
  const found: string[] = []
  for await (const { payload } of journal.history({ chart: 'letter', id: '1' })) found.push(payload)
  return found
}

/** What every durable journal must show. */
function redacts(open: () => Promise<{ journal: Journal; stored: () => Promise<string> }>): void {
  test('what was redacted is nowhere in the store, and the chain still verifies', async () => {
    const { journal, stored } = await open()
    const subject = letters(journal)
    await subject.flip('send', { to: 'Robin' }, { key: 'k' })
    expect(await stored()).toContain('Robin')
    await subject.redact({ from: 1, to: 2 }, kim)
    expect(await stored()).not.toContain('Robin')
    expect(await stored()).toContain('asked for by the person')
    expect(await payloads(journal)).toEqual([
      '',
      '',
      expect.stringContaining('timers'),
      expect.stringContaining('records'),
    ])
    expect(
      await checkChain({ chart: 'letter', id: '1' }, journal.history({ chart: 'letter', id: '1' })),
    ).toBeUndefined()
  })

  test('the key still answers, without what was redacted', async () => {
    const { journal } = await open()
    const subject = letters(journal)
    const first = await subject.flip('send', { to: 'Robin' }, { key: 'k' })
    await subject.redact({ from: 1, to: 3 }, kim)
    const again = await letters(journal).flip('send', { to: 'Robin' }, { key: 'k' })
    expect(again).toMatchObject({ flipId: first.flipId, replayed: true, outputs: {} })
  })

  test('life goes on after it', async () => {
    const { journal } = await open()
    const subject = letters(journal)
    await subject.flip('send', { to: 'Robin' })
    await subject.redact(1, kim)
    await subject.flip('recall')
    await letters(journal).flip('send', { to: 'Sam' })
    expect(await subject.phase()).toBe('sent')
    expect(
      await checkChain({ chart: 'letter', id: '1' }, journal.history({ chart: 'letter', id: '1' })),
    ).toBeUndefined()
  })
}

describe('redaction in memory', () => {
  redacts(async () => {
    const journal = memoryJournal({ clock: virtualClock() })
    const stored = async () => (await payloads(journal)).join('')
    return { journal, stored }
  })
})

describe('an order to redact', () => {
  const open = async (): Promise<{ journal: Journal; subject: Pick<Subject, 'redact' | 'history'> }> => {
    const journal = memoryJournal()
    const subject = letters(journal)
    await subject.flip('send', { to: 'Robin' })
    return { journal, subject }
  }

  test('is recorded with who and why, and which records', async () => {
    const { subject } = await open()
    await subject.redact({ from: 1, to: 2 }, kim)
    expect((await records(subject)).at(-1)).toMatchObject({ kind: 'redacted', records: [1, 2], ...kim })
  })

  test('names only what it drops, and is nothing when all is dropped', async () => {
    const { subject } = await open()
    await subject.redact(2, kim)
    await subject.redact({ from: 1, to: 3 }, kim)
    expect((await records(subject)).at(-1)).toMatchObject({ records: [1, 3] })
    await subject.redact({ from: 1, to: 3 }, kim)
    expect(await kinds(subject)).toEqual(['requested', 'stepped', 'committed', 'redacted', 'redacted'])
  })

  test('is refused for records that there are not', async () => {
    const { subject } = await open()
    await expect(subject.redact({ from: 3, to: 4 }, kim)).rejects.toThrow('"1" has no record 4; asked for 3–4')
    await expect(subject.redact(9, kim)).rejects.toMatchObject({ code: 'RECORD_NOT_FOUND' })
    expect(await kinds(subject)).toHaveLength(3)
  })

  test('is refused for the record of a redaction', async () => {
    const { subject } = await open()
    await subject.redact(1, kim)
    await expect(subject.redact(4, kim)).rejects.toMatchObject({
      code: 'RECORD_IN_USE',
      facts: { n: 4, kind: 'redacted' },
    })
  })

  test('is refused for a flip in progress, and not for what came before it', async () => {
    const hold = signal()
    const journal = memoryJournal()
    const before = letters(journal)
    await before.flip('send', { to: 'Robin' })
    await before.flip('recall')
    const subject = letters(journal, hold.promise)
    const flip = subject.flip('send', { to: 'Sam' })
    await expect.poll(() => kinds(subject)).toHaveLength(6)
    await expect(subject.redact({ from: 1, to: 6 }, kim)).rejects.toMatchObject({
      code: 'RECORD_IN_USE',
      facts: { n: 6 },
    })
    await subject.redact({ from: 1, to: 5 }, kim)
    hold.resolve()
    await flip
    expect(await kinds(subject)).toEqual([
      ...[
        'requested',
        'stepped',
        'committed',
        'requested',
        'committed',
        'requested',
        'redacted',
        'stepped',
        'committed',
      ],
    ])
  })

  test.each([
    ['records', undefined],
    ['records', 'all'],
    ['records.from', 0],
    ['records.to', { from: 2, to: 1 }],
    ['records.more', { from: 1, to: 2, more: true }],
    ['records', { from: 1, to: 1_001 }],
  ])('with a wrong %s is refused by name: %j', async (option, range) => {
    const { subject } = await open()
    await expect(subject.redact(range as number, kim)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(subject.redact(range as number, kim)).rejects.toThrow(option)
    expect(await kinds(subject)).toHaveLength(3)
  })

  test('needs somebody who gives it, and a reason', async () => {
    const { subject } = await open()
    await expect(subject.redact(1, { actor: { id: 'kim' }, reason: '' })).rejects.toThrow('reason')
    await expect(subject.redact(1, { reason: 'x' } as typeof kim)).rejects.toThrow('actor')
  })

  test('is for operators, where the chart has any', async () => {
    const reserved = chart('letter', { version: 1 })
      .operators('clerk')
      .phase('written', { initial: true })
      .phase('sent', { final: true })
      .flip('send', (f) => f.from('written').to('sent').allowAnyone())
      .build()
    const subject = createGate(reserved).subject('1')
    await subject.flip('send')
    await expect(subject.redact(1, kim)).rejects.toMatchObject({ code: 'UNAUTHORISED', facts: { act: 'redact' } })
    await subject.redact(1, { ...kim, actor: { id: 'kim', roles: ['clerk'] } })
    expect(await kinds(subject)).toEqual(['requested', 'committed', 'denied', 'redacted'])
  })
})
