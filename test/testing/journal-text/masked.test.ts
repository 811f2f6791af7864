import { randomUUID } from 'node:crypto'
import { chart, createGate, deny, type JournalRecord, terminal } from 'phasegate'
import { masked, maskedLines } from 'phasegate/testing'
import { describe, expect, it } from 'vitest'
import { mortal, records, stage } from '../../gate/stage.ts'

interface Deps {
  readonly fail: boolean
  readonly die?: () => void
}

const bay = chart('bay', { version: 3 })
  .deps<Deps>()
  .operators('chief')
  .phase('serving', { initial: true })
  .phase('draining', { after: { '15m': 'restore' } })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .allow('sre')
      .guard('peers healthy', ({ subject }) => subject !== 'last' || deny('it is the\nlast one'))
      .step('cordon', {
        run: ({ flipId, stepKey }) => ({ ticket: randomUUID(), flipId, stepKey, at: new Date().toISOString() }),
        compensate: () => undefined,
      })
      .step('tell', {
        run: ({ deps, flipId }) => {
          deps.die?.()
          if (deps.fail) throw terminal(new Error(`no route for ${flipId}`))
          return null
        },
      }),
  )
  .flip('restore', (f) => f.from('draining').to('serving').allowAnyone())
  .build()

const kim = { id: 'kim', roles: ['sre'] }
const ada = { id: 'ada', roles: ['chief'] }

/** What one run leaves in the journal: a flip that is undone, one that commits, a force, a denial. */
async function run(): Promise<readonly JournalRecord[]> {
  const { clock, journal } = stage()
  const deps = { fail: true }
  const gate = createGate(bay, { clock, journal, deps })
  const north = gate.subject('north')
  await north.safeFlip('drain', undefined, { actor: kim, key: 'patch-81' })
  await clock.advance(61_250)
  deps.fail = false
  await north.flip('drain', undefined, { actor: kim })
  await north.force('serving', { actor: ada, reason: 'a drill' })
  return records(north)
}

describe('masked records', () => {
  it('read the same in every run, line by line', async () => {
    const text = masked(await run())
    expect(text).toBe(masked(await run()))
    expect(text.split('\n')).toEqual([
      '  1 +0s    flip-1 requested drain: serving → draining, key "patch-81", for kim (sre), by owner-1, epoch-1',
      '  2 +0s    flip-1 stepped cordon → {"at":"<instant>","flipId":"flip-1","stepKey":"flip-1:cordon","ticket":"uuid-1"}',
      '  3 +0s    flip-1 turned STEP_FAILED at tell, terminal: "no route for flip-1"; to undo: cordon',
      '  4 +0s    flip-1 undone cordon',
      '  5 +0s    flip-1 rolledBack drain: back in serving, STEP_FAILED at tell, terminal: "no route for flip-1"',
      '  6 +1m1s  flip-2 requested drain: serving → draining, for kim (sre), by owner-1, epoch-2',
      '  7 +1m1s  flip-2 stepped cordon → {"at":"<instant>","flipId":"flip-2","stepKey":"flip-2:cordon","ticket":"uuid-2"}',
      '  8 +1m1s  flip-2 stepped tell → null',
      '  9 +1m1s  flip-2 committed drain: serving → draining, restore in 15m',
      ' 10 +1m1s  forced draining → serving for ada (chief): "a drill", epoch-3',
    ])
  })

  it('tell times exactly, from when they are told to, or not at all', async () => {
    const all = await run()
    const first = all[0]?.at ?? 0
    expect(maskedLines(all, { times: 'exact' })[5]).toContain('  6 +1m1s250ms flip-2 requested')
    expect(maskedLines(all, { times: 'exact', since: first - 500 })[0]).toContain('  1 +500ms flip-1 requested')
    expect(maskedLines(all, { since: first + 90_000 })[0]).toContain('  1 -1m30s flip-1 requested')
    expect(maskedLines(all, { times: 'none' })[0]).toContain('  1 flip-1 requested')
  })

  it('number a dead owner and who comes after it', async () => {
    const { clock, journal } = stage()
    const dying = mortal(journal)
    const first = createGate(bay, { clock, journal: dying.journal, deps: { fail: false, die: dying.die } })
    void first.subject('north').safeFlip('drain', undefined, { actor: kim })
    await clock.advance(60_000)
    const second = createGate(bay, { clock, journal, deps: { fail: false } })
    await second.recover()
    const lines = maskedLines(await records(second.subject('north')))
    expect(lines[0]).toMatch(/by owner-1, epoch-1$/)
    expect(lines.find((line) => line.includes('adopted'))).toMatch(
      /adopted by owner-2 after owner-1, tell in doubt, epoch-2$/,
    )
  })

  it('keep what somebody said on one line, and say who was refused', async () => {
    const { clock, journal } = stage()
    const gate = createGate(bay, { clock, journal, deps: { fail: false } })
    await gate.subject('last').safeFlip('drain', undefined, { actor: kim })
    await clock.advance(0)
    expect(masked(await records(gate.subject('last')))).toBe(
      '  1 +0s    denied flip drain to kim (sre), by guard "peers healthy": "it is the\\nlast one", epoch-1',
    )
  })

  it('say so where a payload was dropped', async () => {
    const { clock, journal } = stage()
    const gate = createGate(bay, { clock, journal, deps: { fail: false } })
    const north = gate.subject('north')
    await north.flip('drain', undefined, { actor: kim })
    await north.redact({ from: 1, to: 2 }, { actor: ada, reason: 'asked for' })
    const lines = maskedLines(await records(north))
    expect(lines[0]).toBe('  1 +0s    flip-1 requested (its payload was dropped), epoch-1')
    expect(lines.at(-1)).toMatch(/redacted 1, 2 for ada \(chief\): "asked for"/)
  })

  it('tell of every kind of record', () => {
    const stamp = { n: 1, at: 5_000, epoch: 4 }
    const chartStamp = { version: 2, fingerprint: 'f'.repeat(64) }
    const failure = { code: 'UNDO_FAILED', message: 'no', step: 'a' } as const
    const all: JournalRecord[] = [
      { ...stamp, kind: 'started', flipId: 'x', step: 'a' },
      { ...stamp, kind: 'stuck', flipId: 'x', doing: 'undo', step: 'a', failure },
      {
        ...stamp,
        kind: 'resolved',
        flipId: 'x',
        how: 'skip',
        actor: ada,
        reason: 'by hand',
        owner: 'o',
        deadline: 1,
      },
      { ...stamp, kind: 'cancelRequested', flipId: 'x', actor: undefined, reason: 'stop' },
      { ...stamp, kind: 'approved', flip: 'drain', fingerprint: 'f', actor: ada, reason: 'ok', until: 3_604_999 },
      { ...stamp, kind: 'pruned', before: -55_000, actor: ada, reason: 'old' },
      {
        ...stamp,
        kind: 'migrated',
        phase: 'up',
        from: 'serving',
        previous: { ...chartStamp, version: 1 },
        chart: chartStamp,
        timers: [{ flip: 'restore', afterMs: 90_000 }],
      },
    ]
    expect(maskedLines(all, { times: 'none' })).toEqual([
      '  1 flip-1 started a, epoch-1',
      '  1 flip-1 stuck in the undo of a, UNDO_FAILED at a: "no"',
      '  1 flip-1 resolved skip for ada (chief): "by hand", by owner-1',
      '  1 flip-1 cancelRequested: "stop"',
      '  1 approved drain for ada (chief): "ok", for 1h',
      '  1 pruned what is older than 1m for ada (chief): "old"',
      '  1 migrated serving → up, version 1 → 2, restore in 1m30s',
    ])
  })

  it('do not depend on what was sealed, and refuse an option that there is not', () => {
    const sealed = (key: string): JournalRecord => ({
      ...{ n: 1, at: 0, epoch: 1, kind: 'stepped', flipId: 'x', step: 'a' },
      output: { card: { $sealed: key }, name: 'b' },
    })
    expect(masked([sealed('2026:abc')])).toBe(masked([sealed('2026:xyz')]))
    expect(masked([sealed('2026:abc')])).toContain('{"card":<sealed>,"name":"b"}')
    expect(() => masked([], { times: 'hours' as 'exact' })).toThrow(`times is "hours"`)
    expect(() => masked([], { zone: 'UTC' } as object)).toThrow('known: times, since')
  })
})
