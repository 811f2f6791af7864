import { describe, expect, test } from 'vitest'
import { chart } from '../../../src/index.ts'
import { everySeen } from '../../../src/testing/coverage/index.ts'
import { simulate } from '../../../src/testing/index.ts'
import { fakes, server } from './sample.ts'

const sim = (options = {}) => simulate(server, { deps: fakes, ...options })

describe('a simulation', () => {
  test('flips, and time passes only as far as the flip needs it', async () => {
    const s = sim()
    expect(await s.flip('drain')).toMatchObject({ from: 'serving', to: 'draining', outputs: { cordon: 'sim' } })
    expect(await s.phase()).toBe('draining')
    expect(s.clock.monotonic()).toBe(0)
    expect([...s.deps.lb.cordoned]).toEqual(['sim'])
  })

  test('fires the timers of a phase when they are due, not before', async () => {
    const s = sim()
    await s.flip('drain')
    await s.advance(15 * 60_000 - 1)
    expect(await s.phase()).toBe('draining')
    await s.advance(1)
    expect(await s.phase()).toBe('stopped')
  })

  test('does without the timer when the phase was left in time', async () => {
    const s = sim()
    await s.flip('drain')
    await s.advance('10m')
    await s.flip('restore')
    await s.advance('1h')
    expect(await s.phase()).toBe('serving')
  })
})

describe('what goes wrong by name', () => {
  test('a step that fails is retried, and then undone', async () => {
    const s = sim()
    s.fail('close pool', 'the pool is stubborn')
    await expect(s.flip('drain')).rejects.toMatchObject({
      code: 'FLIP_ROLLED_BACK',
      facts: { failure: { code: 'STEP_FAILED', step: 'close pool' } },
    })
    expect(await s.phase()).toBe('serving')
    expect([...s.deps.lb.cordoned]).toEqual([])
    s.heal('close pool')
    await s.flip('drain')
  })

  test('a step that fails once has more attempts', async () => {
    const s = sim()
    s.fail('drain.cordon', new Error('once'), { times: 1 })
    await s.flip('drain')
    expect(s.clock.monotonic(), 'the backoff was waited for').toBeGreaterThan(0)
  })

  test('a step that fails late has had its effect', async () => {
    const s = sim()
    s.fail('cordon', 'no answer', { late: true })
    s.fail('undo cordon', 'nor here')
    await expect(s.flip('drain')).rejects.toMatchObject({ code: 'FLIP_STUCK' })
    expect([...s.deps.lb.cordoned]).toEqual(['sim'])
  })

  test('a step that hangs ends by its timeout', async () => {
    const s = sim()
    s.hang('cordon')
    await expect(s.flip('drain')).rejects.toMatchObject({ facts: { failure: { code: 'STEP_TIMEOUT' } } })
    expect(s.clock.monotonic()).toBeGreaterThanOrEqual(10_000)
  })

  test('a step that is slow takes its time', async () => {
    const s = sim()
    s.slow('cordon', '9s')
    await s.flip('drain')
    expect(s.clock.monotonic()).toBe(9_000)
  })

  test('a guard, a confirm and an undo go by name, too', async () => {
    const s = sim()
    s.fail('peers-healthy', 'no metrics')
    await expect(s.flip('drain')).rejects.toMatchObject({ code: 'GUARD_REFUSED', facts: { guard: 'peers-healthy' } })
    s.heal()
    s.hang('no open connections')
    await expect(s.flip('drain')).rejects.toMatchObject({ facts: { failure: { code: 'CONFIRM_TIMEOUT' } } })
  })

  test.each([
    ['cordn', /cordon, drain\.cordon/],
    ['undo peers-healthy', /undo cordon/],
    [7, /the name of a guard, step, confirm, undo/],
  ])('%s is no part, and those that there are get told', (part, message) => {
    expect(() => sim().fail(part as string)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(() => sim().fail(part as string)).toThrow(message)
  })
})

describe('a crash', () => {
  test.each(['crashBefore', 'crashAfter'] as const)('%s a step leaves the flip to the next process', async (crash) => {
    const s = sim()
    s[crash]('cordon')
    await expect(s.flip('drain')).rejects.toMatchObject({ code: 'SIMULATION_CRASHED', facts: { process: 'process 1' } })
    expect([...s.deps.lb.cordoned]).toEqual(crash === 'crashAfter' ? ['sim'] : [])
    expect(await s.phase()).toBe('serving')
    expect((await s.safeFlip('drain')).error).toMatchObject({ code: 'SIMULATION_CRASHED' })
    expect(await s.state()).toMatchObject({ phase: 'serving', flip: { flip: 'drain' } })
    expect((await s.recover()).adopted).toMatchObject([{ flip: 'drain', outcome: 'committed' }])
    expect(await s.phase()).toBe('draining')
    expect(
      s.ledger.entries.filter(({ result }) => result === 'sim'),
      'the effect was made once',
    ).toHaveLength(1)
  })

  test('a dead process does nothing any more, though its step goes on', async () => {
    let goOn: () => void = () => undefined
    const s = sim({
      steps: {
        cordon: async ({ deps }: { deps: ReturnType<typeof fakes> }) => {
          await new Promise<void>((resolve) => {
            goOn = resolve
          })
          deps.lb.peers = 0
          await deps.lb.uncordon('sim', { stepKey: 'late', epoch: 9 })
          return 'late'
        },
      },
    })
    const flip = s.subject.flip('drain')
    await s.advance(0)
    s.deps.lb.cordoned.add('sim')
    s.crash()
    goOn()
    await s.advance(0)
    expect([...s.deps.lb.cordoned]).toEqual(['sim'])
    expect(s.deps.lb.peers).toBe(3)
    expect((await s.history()).map(({ kind }) => kind)).toEqual(['requested'])
    const unheard = await Promise.race([flip, Promise.resolve('unheard')])
    expect(unheard).toBe('unheard')
  })

  test('what a dead process left is taken over as time passes', async () => {
    const s = sim()
    s.crashBefore('close pool')
    await expect(s.flip('drain')).rejects.toThrow('process 1 was killed')
    s.restart()
    await s.advance('10s')
    expect((await s.history()).some(({ kind }) => kind === 'adopted')).toBe(false)
    await s.advance('10s')
    expect(await s.phase()).toBe('draining')
  })
})

describe('a stand-in', () => {
  test('replaces a guard, a step, a confirm and an undo by name', async () => {
    const undone: unknown[] = []
    const s = sim({
      guards: { 'peers-healthy': true },
      steps: { 'drain.cordon': () => 'stood in' },
      confirms: { 'no open connections': true },
      undos: { cordon: ({ output }: { output: unknown }) => undone.push(output) },
    })
    s.deps.lb.peers = 0
    s.fail('close pool')
    await expect(s.flip('drain')).rejects.toMatchObject({ code: 'FLIP_ROLLED_BACK' })
    expect(undone).toEqual(['stood in'])
    s.heal()
    expect(await s.flip('drain')).toMatchObject({ outputs: { cordon: 'stood in' } })
  })

  test('for a guard may be a text: the reason of its no', async () => {
    const s = sim({ guards: { 'peers-healthy': 'it is Friday' } })
    expect(await s.explain('drain')).toMatchObject({
      verdict: 'refused',
      reason: 'guard "peers-healthy": it is Friday',
    })
  })

  test.each([
    [{ steps: { cordn: () => 1 } }, /steps is "cordn"; it must be the name of a step: cordon/],
    [{ steps: { cordon: true } }, /steps\["cordon"\] is true; it must be a function/],
    [{ guards: { 'peers-healthy': 7 } }, /must be true, the reason of a no, or a function/],
    [{ seed: 'x' }, /seed is "x"/],
    [{ colour: 1 }, /known: deps, subject/],
  ])('that fits nowhere is refused by name', (options, message) => {
    expect(() => sim(options)).toThrow(message)
  })
})

describe('the same seed', () => {
  const run = async (seed: number): Promise<string> => {
    const s = sim({ seed, actor: { id: 'kim' } })
    s.fail('cordon', 'no route', { times: 2 })
    s.crashAfter('close pool')
    await s.safeFlip('drain')
    await s.recover()
    return s.transcript()
  }

  test('gives the same run, to the word; another seed another one', async () => {
    const first = await run(1)
    expect(await run(1)).toBe(first)
    expect(await run(2)).not.toBe(first)
  })

  test('and the transcript tells it', async () => {
    const s = sim()
    s.crashAfter('cordon')
    await s.safeFlip('drain')
    await s.recover()
    expect(s.transcript()).toMatchInlineSnapshot(`
      "+0ms     test        flip "drain"
      +0ms     process 1   guard "peers-healthy"
      +0ms     journal     1. requested "drain", serving → draining, epoch 1
      +0ms     process 1   step "cordon"
      +0ms     process 1   lb.cordon() in step "cordon"
      +0ms     process 1   is killed
      +0ms     test        flip "drain": process 1 was killed and answers nobody; restart() starts another, recover() finishes what it left
      +0ms     process 2   starts
      +15s     test        recover
      +15s     journal     2. adopted, epoch 2, in doubt: cordon
      +15s     process 2   step "cordon"
      +15s     process 2   lb.cordon() in step "cordon"
      +15s     journal     3. stepped "cordon"
      +15s     process 2   step "close pool"
      +15s     process 2   pool.close() in step "close pool"
      +15s     journal     4. stepped "close pool"
      +15s     process 2   confirm "no open connections"
      +15s     journal     5. committed "drain", draining
      +15s     test        recover: done"
    `)
  })
})

describe('time', () => {
  test('belongs to one simulation: two of them do not share it', async () => {
    const [one, other] = [sim(), sim()]
    await one.advance('1h')
    expect([one.clock.monotonic(), other.clock.monotonic()]).toEqual([3_600_000, 0])
  })

  test('passes for flips that are asked for at once', async () => {
    const s = sim()
    s.slow('cordon', '5s')
    const [first, second] = await Promise.all([s.safeFlip('drain', undefined, { wait: '20s' }), s.safeFlip('drain')])
    expect(first.success).toBe(true)
    expect(second.error?.code).toBe('FLIP_BUSY')
    expect(s.clock.monotonic()).toBe(5_000)
  })
})

test('what a simulation goes through counts for the coverage of the run', async () => {
  const counted = chart('counted', { version: 1 })
    .phase('on', { initial: true })
    .phase('off', { final: true })
    .flip('stop', (f) => f.from('on').to('off'))
    .build()
  await simulate(counted).flip('stop')
  const seen = everySeen.data().find((data) => data.chart === 'counted')
  expect(seen?.seen.phases).toEqual(['off', 'on'])
})
