import { simulate } from 'phasegate/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { everySeen, handedOn, handOn } from '../../../src/testing/coverage/index.ts'
import { valve, watched } from './valve.ts'

/** Nothing of what was seen before counts. */
beforeEach(() => void everySeen.take())

const deps = { guard: true, step: true, undo: true, confirm: true }

describe('what a test has seen', () => {
  it('is handed on once, as JSON', async () => {
    await watched(everySeen).subject.flip('shut')
    const meta = {}
    handOn(meta)
    const [seen] = handedOn(JSON.parse(JSON.stringify(meta)))
    expect(seen?.seen).toMatchObject({ flips: ['shut: committed'], guards: ['shut > calm: yes'] })
    const next = {}
    handOn(next)
    expect(next).toEqual({})
    expect(handedOn(next)).toEqual([])
  })

  it('is all that its tries have seen, where it was tried again', async () => {
    const { subject } = watched(everySeen)
    const meta = {}
    await subject.safeFlip('open')
    handOn(meta)
    await subject.flip('shut')
    handOn(meta)
    expect(handedOn(meta)[0]?.seen.flips).toEqual(['open: illegal', 'shut: committed'])
  })

  it('is also what a simulation has gone through, crashes and what comes after them included', async () => {
    const sim = simulate(valve, { deps })
    sim.crashAfter('tag')
    await sim.safeFlip('shut').catch(() => undefined)
    sim.deps.step = false
    await sim.recover()
    const meta = {}
    handOn(meta)
    expect(handedOn(meta)).toMatchObject([
      { chart: 'valve', seen: { flips: ['shut: rolled back'], undos: ['shut > turn'], confirms: [] } },
    ])
  })
})
