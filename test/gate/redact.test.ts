import { chart, createGate, type Journal, memoryJournal, type Subject } from 'phasegate'
import { describe, expect, test } from 'vitest'
import { kim, letters } from './letter.ts'
import { kinds, records, signal } from './stage.ts'

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
