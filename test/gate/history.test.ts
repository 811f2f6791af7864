import { chart, createGate, type JournalRecord } from 'phasegate'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { records, stage } from './stage.ts'

const device = chart('kettle', { version: 1 })
  .phase('cold', { initial: true })
  .phase('hot', { after: { '1h': 'cool' } })
  .flip('boil', (f) =>
    f
      .from('cold')
      .to('hot')
      .input(z.object({ litres: z.number() }))
      .step('heat', { run: ({ input }) => ({ degrees: 100 / input.litres }) }),
  )
  .flip('cool', (f) => f.from('hot').to('cold'))
  .build()

function open() {
  const shared = stage()
  const gate = createGate(device, shared)
  return { ...shared, gate, kettle: gate.subject('k') }
}

test('the history tells who asked for what, what was done, and what became of it', async () => {
  const { kettle, gate, clock } = open()
  const actor = { id: 'kim', roles: ['cook'] }
  const { flipId } = await kettle.flip('boil', { litres: 2 }, { key: 'tea', actor, trace: '00-abc' })
  const at = clock.now()
  const where = { flip: 'boil', from: 'cold', to: 'hot' }
  const { version, fingerprint } = device
  expect(await records(kettle)).toEqual([
    {
      ...{
        n: 1,
        at,
        epoch: 1,
        kind: 'requested',
        flipId,
        ...where,
        input: { litres: 2 },
        key: 'tea',
        attempt: 1,
        actor,
      },
      ...{ owner: gate.owner, trace: '00-abc', deadline: at + 600_000, chart: { version, fingerprint } },
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
    { n: 2, at, epoch: 1, kind: 'stepped', flipId, step: 'heat', output: { degrees: 50 } },
    { n: 3, at, epoch: 1, kind: 'committed', flipId, ...where, timers: [{ flip: 'cool', afterMs: 3_600_000 }] },
  ])
})

test('a subject that was never touched has no history, and asking for it makes none', async () => {
  const { kettle } = open()
  expect(await records(kettle)).toEqual([])
  expect(await kettle.state()).toEqual({ phase: 'cold', since: 0, version: 0, epoch: 0, timers: [], flip: undefined })
})

test('a part of the history can be asked for, by record number', async () => {
  const { kettle } = open()
  await kettle.flip('boil', { litres: 1 })
  await kettle.flip('cool')
  const part: JournalRecord[] = []
  for await (const record of kettle.history({ from: 2, to: 4 })) part.push(record)
  expect(part.map(({ n }) => n)).toEqual([2, 3, 4])
})

test('the history of one subject holds nothing of another', async () => {
  const { gate, kettle } = open()
  await gate.subject('other').flip('boil', { litres: 1 })
  expect(await records(kettle)).toEqual([])
})

test('the state tells since when, and which timers run', async () => {
  const { kettle, clock } = open()
  await clock.advance(1_234)
  await kettle.flip('boil', { litres: 1 })
  const at = clock.now()
  await clock.advance(5_000)
  expect(await kettle.state()).toEqual({
    phase: 'hot',
    since: at,
    version: 3,
    epoch: 1,
    timers: [{ flip: 'cool', at: at + 3_600_000 }],
    flip: undefined,
  })
})

test('what was recorded is a copy: changing an input or a result later changes no history', async () => {
  const box = chart('box', { version: 1 })
    .phase('shut', { initial: true })
    .phase('open', { final: true })
    .flip('open', (f) =>
      f
        .from('shut')
        .to('open')
        .input(z.custom<{ tools: string[] }>(() => true))
        .step('look', { run: () => found }),
    )
    .build()
  const found = { inside: ['cat'] }
  const input = { tools: ['key'] }
  const subject = createGate(box).subject('b')
  const result = await subject.flip('open', input)
  found.inside.push('dog')
  input.tools.push('axe')
  expect(result.outputs.look).toEqual({ inside: ['cat'] })
  const recorded = await records(subject)
  expect(recorded[0]).toMatchObject({ input: { tools: ['key'] } })
  expect(recorded[1]).toMatchObject({ output: { inside: ['cat'] } })
})
