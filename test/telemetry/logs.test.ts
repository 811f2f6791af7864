import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { chart, createGate, type GateEvent, type GateEvents, policy } from 'phasegate'
import { currentPhase, type Level, logTo, phaseMixin, withPhase } from 'phasegate/logs'
import { openTelemetry, phaseAttributes } from 'phasegate/otel'
import { pino } from 'pino'
import { describe, expect, test, vi } from 'vitest'
import { mortal, signal, stage } from '../gate/stage.ts'
import { fail, never, open, order, porter } from './bay.ts'
import { spans, traceOf } from './sdk.ts'

/** A logger that keeps what it is told. */
function keeper() {
  const lines: { readonly level: Level; readonly message: string; readonly [fact: string]: unknown }[] = []
  const at = (level: Level) => (entry: object, message: string) => void lines.push({ level, message, ...entry })
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { logger, lines, of: (event: GateEvent) => lines.filter((line) => line.event === event) }
}

function stream() {
  const written: string[] = []
  const to = new Writable({
    write(chunk, _, done) {
      written.push(String(chunk))
      done()
    },
  })
  return { to, written }
}

describe('logTo', () => {
  test('writes one record for each event of a flip, flat, with the phase it leaves the subject in', async () => {
    const seen = spans()
    const { gate, bay, clock } = open(openTelemetry({ tracer: seen.tracer }))
    const { logger, lines } = keeper()
    logTo(gate, logger)
    await bay.flip('raise')
    await clock.advance(60_000)
    const { flipId } = await bay.flip('lower', undefined, { actor: porter, key: 'k' })
    const traceId = seen.ended().findLast(({ name }) => name === 'flip lower')
    const about = {
      chart: 'bay',
      subject: 'north',
      flip: 'lower',
      flipId,
      from: 'open',
      to: 'shut',
      attempt: 1,
      epoch: 2,
      actor: 'kim',
      traceId: traceId && traceOf(traceId),
      durationMs: 0,
    }
    expect(lines.slice(-2)).toEqual([
      {
        level: 'info',
        message: 'flip "lower" of "north" begins: "open" > "shut"',
        event: 'flip.requested',
        ...about,
        phase: 'open',
        n: 5,
      },
      {
        level: 'info',
        message: 'flip "lower" of "north" is committed: "open" > "shut"',
        event: 'flip.committed',
        ...about,
        phase: 'shut',
        n: 6,
      },
    ])
    expect(lines.map(({ level, event, step }) => [level, event, step])).toEqual([
      ['info', 'flip.requested', undefined],
      ['debug', 'flip.stepped', 'unlock'],
      ['debug', 'flip.stepped', 'lift'],
      ['info', 'flip.committed', undefined],
      ['info', 'flip.requested', undefined],
      ['info', 'flip.committed', undefined],
    ])
  })

  test('tells why something went wrong: the code and the reason, louder the more there is to do', async () => {
    const { gate, bay, clock } = open(undefined, { 'step lift': fail, 'undo lift': fail })
    const { logger, of } = keeper()
    logTo(gate, logger)
    const asked = bay.safeFlip('raise')
    await clock.advance(2_000)
    const { error } = await asked
    await bay.resolve((error?.facts as { flipId: string }).flipId, 'skip', order)
    const lift = { step: 'lift', phase: 'shut' }
    const why = { code: 'STEP_FAILED', reason: 'the chain broke' }
    expect(of('flip.turned')).toMatchObject([{ level: 'warn', ...lift, ...why }])
    expect(of('flip.stuck')).toMatchObject([
      { level: 'error', ...lift, code: 'UNDO_FAILED', reason: 'the chain broke' },
    ])
    expect(of('flip.resolved')).toMatchObject([{ level: 'warn', how: 'skip', actor: 'kim', reason: 'it rains' }])
    expect(of('flip.rolledBack')).toMatchObject([
      { level: 'warn', ...lift, ...why, message: 'flip "raise" of "north" is rolled back to "shut": the chain broke' },
    ])
  })

  test('tells of refusals, with the guard and what the subject was last seen in', async () => {
    const { gate, bay } = open(undefined, { 'guard clear': () => false })
    const { logger, of } = keeper()
    logTo(gate, logger)
    await bay.safeFlip('raise', undefined, { actor: porter })
    await bay.safeFlip('lower')
    await bay.safeFlip('lower')
    expect(of('flip.refused')[0]).toEqual({
      level: 'info',
      message: 'guard "clear" refused flip "raise" of "north": it answered false, not true',
      event: 'flip.refused',
      chart: 'bay',
      subject: 'north',
      flip: 'raise',
      phase: 'shut',
      guard: 'clear',
      actor: 'kim',
      code: 'GUARD_REFUSED',
      reason: expect.stringContaining('it answered false'),
    })
    expect(of('unauthorised')).toMatchObject([
      { level: 'warn', act: 'flip', code: 'UNAUTHORISED' },
      { level: 'warn', act: 'flip', code: 'UNAUTHORISED' },
    ])
    expect(of('flip.denied')[0]).toMatchObject({ level: 'debug', guard: 'clear', repeats: 0 })
  })

  test('has a sentence for every event', async () => {
    const on = stage()
    const { gate, bay, clock } = open(undefined, { 'step spray': never }, on)
    const { logger, lines } = keeper()
    logTo(gate, logger)
    await bay.flip('raise')
    await bay.force('shut', order)
    await bay.redact(1, order)
    await bay.prune({ ...order, olderThan: '1d' })
    void bay.safeFlip('hose')
    await clock.advance(0)
    const { flip } = await bay.state()
    await bay.cancel(flip?.id ?? '', { ...order })
    await bay.force('shut', order)
    await clock.advance(2_000)
    gate.on('flip.requested', fail)
    await bay.flip('raise')
    await clock.advance(0)
    const said = (event: GateEvent): unknown => lines.find((line) => line.event === event)?.message
    expect(said('flip.forced')).toBe('"north" is forced from "open" into "shut" by "kim": it rains')
    expect(said('flip.redacted')).toBe('1 records of "north" are redacted by "kim": it rains')
    expect(said('flip.pruned')).toBe('old keys of "north" are forgotten: it rains')
    expect(said('flip.cancelRequested')).toBe('flip "hose" of "north" is to turn back, says "kim": it rains')
    expect(said('lease.lost')).toMatch(/^flip "hose" of "north" had to be left: /)
    expect(said('error')).toBe('a listener of "flip.requested": the chain broke')
    expect(lines.find((line) => line.event === 'error')).toMatchObject({ level: 'error', err: expect.any(Error) })
  })

  test('has a sentence for approvals, broken glass, adoption and migration', async () => {
    const on = stage()
    const declare = (version: number) =>
      chart('lock', { version, ...(version === 2 ? { migrate: { 1: { open: 'open' } } } : {}) })
        .phase('shut', { initial: true })
        .phase('open')
        .flip('open', (f) =>
          f
            .from('shut')
            .to('open')
            .guard(
              'by day',
              policy(() => false),
            )
            .step('turn', { run: never }),
        )
        .flip('close', (f) => f.from('open').to('shut'))
        .build()
    const dead = mortal(on.journal)
    const first = createGate(declare(1), { ...on, journal: dead.journal })
    const { logger, lines } = keeper()
    logTo(first, logger)
    await first.subject('front').approve('open', undefined, order)
    void first.subject('front').safeFlip('open', undefined, { actor: porter, breakGlass: order })
    await on.clock.advance(0)
    dead.die()
    await on.clock.advance(20_000)
    const second = createGate(declare(1), { ...on, journal: on.journal })
    logTo(second, logger)
    void second.recover()
    await on.clock.advance(0)
    await second.subject('front').force('open', order)
    const third = createGate(declare(2), on)
    logTo(third, logger)
    await third.subject('front').flip('close')
    const said = (event: GateEvent): unknown => lines.find((line) => line.event === event)?.message
    expect(said('flip.approved')).toBe('flip "open" of "front" is approved by "kim": it rains')
    expect(said('flip.requested')).toBe('flip "open" of "front" begins: "shut" > "open", the glass broken')
    expect(said('flip.adopted')).toMatch(/^flip "open" of "front" is taken over from .+:\d+:/)
    expect(said('flip.migrated')).toBe('"front" moves from "open" to "open" with another version of its chart')
  })

  test('never writes inputs, results or keys', async () => {
    const { gate, bay } = open(undefined, { 'step lift': () => 'secret result' })
    const { to, written } = stream()
    logTo(gate, pino({ level: 'debug' }, to))
    await bay.flip('raise', undefined, { key: 'secret key' })
    expect(written.length).toBeGreaterThan(3)
    expect(written.join('')).not.toContain('secret')
  })

  test('is ready for pino', async () => {
    const { gate, bay } = open(undefined)
    const { to, written } = stream()
    logTo(gate, pino({ level: 'info' }, to))
    gate.on('flip.committed', fail)
    await bay.flip('raise')
    const lines = written.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      { level: 30, event: 'flip.requested', msg: 'flip "raise" of "north" begins: "shut" > "open"', phase: 'shut' },
      { level: 30, event: 'flip.committed', phase: 'open' },
      { level: 50, event: 'error', err: { type: 'Error', message: 'the chain broke' } },
    ])
  })

  test('is ready for console', async () => {
    const { gate, bay } = open(undefined)
    const { to, written } = stream()
    const stop = logTo(gate, new Console({ stdout: to, stderr: to }))
    await bay.flip('raise')
    expect(written.join('')).toContain("event: 'flip.committed'")
    expect(written.join('')).toContain('flip "raise" of "north" is committed')
    written.length = 0
    stop()
    await bay.flip('close')
    expect(written).toEqual([])
  })

  test('is as loud as it is told to be', async () => {
    const { gate, bay } = open(undefined)
    const { logger, lines } = keeper()
    logTo(gate, logger, { levels: { 'flip.stepped': 'off', 'flip.committed': 'warn' } })
    await bay.flip('raise')
    expect(lines.map(({ level, event }) => [level, event])).toEqual([
      ['info', 'flip.requested'],
      ['warn', 'flip.committed'],
    ])
  })

  test('reports a logger that throws, and harms no flip', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { gate, bay, clock } = open(undefined)
    const reported: GateEvents['error'][] = []
    gate.on('error', (event) => reported.push(event))
    logTo(gate, { debug: fail, info: fail, warn: fail, error: fail })
    expect((await bay.flip('raise')).to).toBe('open')
    await clock.advance(0)
    expect(reported[0]).toMatchObject({
      during: 'a listener of "flip.requested"',
      error: { message: 'the chain broke' },
    })
    expect(warn).toHaveBeenCalled()
    warn.mockRestore()
  })

  test('refuses what is no logger, and levels that there are not', () => {
    const { gate } = open(undefined)
    const { logger } = keeper()
    expect(() => logTo(gate, { info: () => undefined } as never)).toThrow(/logger\.debug/)
    expect(() => logTo(gate, logger, { levels: { 'flip.stuck': 'loud' as never } })).toThrow(/flip\.stuck/)
    expect(() => logTo(gate, logger, { levels: { 'flip.stick': 'info' } as never })).toThrow(/flip\.stick/)
  })
})

describe('the current phase', () => {
  test('is that of the subject that work is bound to, as it is at that moment, through promises', async () => {
    const { bay } = open(undefined)
    const walk = signal()
    const found: unknown[] = []
    const working = withPhase(bay, async () => {
      found.push(currentPhase())
      await walk.promise
      found.push(currentPhase())
    })
    await bay.flip('raise')
    walk.resolve()
    await working
    const about = { chart: 'bay', subject: 'north', flipId: undefined }
    expect(found).toEqual([
      { ...about, phase: undefined },
      { ...about, phase: 'open' },
    ])
    expect(currentPhase()).toBeUndefined()
  })

  test('is known inside guards, steps, confirms and undos, with the flip where there is one', async () => {
    const found: Record<string, unknown> = {}
    const look = (part: string) => async () => {
      await Promise.resolve()
      found[part] = currentPhase()
      if (part === 'confirm level') fail()
      return true
    }
    const parts = ['guard clear', 'step lift', 'confirm level', 'undo lift']
    const on = stage()
    const { bay, clock } = open(undefined, Object.fromEntries(parts.map((part) => [part, look(part)])), on)
    const asked = bay.safeFlip('raise')
    await clock.advance(60_000)
    const { error } = await asked
    const about = { chart: 'bay', subject: 'north', phase: 'shut' }
    const { flipId } = error?.facts as { flipId: string }
    expect(found).toEqual({
      'guard clear': { ...about, flipId: undefined },
      'step lift': { ...about, flipId },
      'confirm level': { ...about, flipId },
      'undo lift': { ...about, flipId },
    })
  })

  test('is that of the innermost, and not of a step that is over', async () => {
    const found: unknown[] = []
    const later = signal()
    const { bay, gate } = open(undefined, {
      'step lift': () => {
        const south = gate.subject('south')
        withPhase(south, () => found.push(currentPhase()?.subject))
        void later.promise.then(() => found.push(currentPhase()?.subject))
      },
    })
    await bay.flip('raise')
    later.resolve()
    await later.promise
    await Promise.resolve()
    expect(found).toEqual(['south', undefined])
  })

  test('does not make a flip of the bound subject look as if it were asked for inside itself', async () => {
    const { bay } = open(undefined)
    expect((await withPhase(bay, () => bay.flip('raise'))).to).toBe('open')
  })

  test('marks every line of pino, and labels for metrics, which know of no subject', async () => {
    const { bay } = open(undefined)
    await bay.flip('raise')
    const { to, written } = stream()
    const log = pino({ mixin: phaseMixin() }, to)
    log.info('outside')
    expect(phaseAttributes()).toEqual({})
    withPhase(bay, () => {
      log.info({ subject: 'mine' }, 'inside')
      expect(phaseAttributes()).toEqual({ chart: 'bay', phase: 'open' })
    })
    const [outside, within] = written.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(outside).not.toHaveProperty('phase')
    expect(within).toMatchObject({ chart: 'bay', subject: 'mine', phase: 'open', msg: 'inside' })
  })

  test('is of subjects alone', () => {
    expect(() => withPhase({} as never, () => undefined)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

test('a subject tells its chart, and the phase it was last seen in, without asking the journal', async () => {
  const on = stage()
  const { bay: north } = open(undefined, {}, on)
  expect([north.chart, north.lastSeen]).toEqual(['bay', undefined])
  await north.phase()
  expect(north.lastSeen).toBe('shut')
  await open(undefined, {}, on).bay.flip('raise')
  expect(north.lastSeen).toBe('shut')
  await north.phase()
  expect(north.lastSeen).toBe('open')
  await north.flip('close')
  const read = vi.spyOn(on.journal, 'read')
  expect(north.lastSeen).toBe('shut')
  expect(read).not.toHaveBeenCalled()
})
