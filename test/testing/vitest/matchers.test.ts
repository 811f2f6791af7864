import { chart, createGate, deny, memoryJournal, policy, terminal } from 'phasegate'
import { simulate, virtualClock } from 'phasegate/testing'
import 'phasegate/testing/vitest'
import { describe, expect, it } from 'vitest'
import { over, records } from '../../gate/stage.ts'

interface Works {
  isCalm: boolean
  breaks: boolean
  isUndoable: boolean
}

const bay = chart('bay', { version: 1 })
  .deps<Works>()
  .operators('chief')
  .phase('serving', { initial: true })
  .phase('draining')
  .phase('stopped', { final: true })
  .flip('drain', (f) =>
    f
      .from('serving')
      .to('draining')
      .allow('sre')
      .guard('calm', ({ deps }) => deps.isCalm || deny('too many requests'))
      .guard(
        'office hours',
        policy(({ deps }) => deps.isCalm || deny('it is night')),
      )
      .step('cordon', { run: () => null, compensate: () => undefined })
      .step('tell', {
        run: () => null,
        compensate: {
          run: ({ deps }) => {
            if (!deps.isUndoable) throw terminal(new Error('nobody listens'))
          },
        },
      })
      .step('move', {
        run: ({ deps }) => {
          if (deps.breaks) throw terminal(new Error('no route'))
          return null
        },
      }),
  )
  .flip('restore', (f) => f.from('draining').to('serving').allow('sre'))
  .flip('stop', (f) => f.from('draining').to('stopped').allow('sre'))
  .build()

const actor = { id: 'kim', roles: ['sre'] }
const chief = { id: 'ada', roles: ['chief'] }

function open(works: Partial<Works> = {}) {
  const deps: Works = { isCalm: true, breaks: false, isUndoable: true, ...works }
  const clock = virtualClock()
  const journal = memoryJournal({ clock })
  const gate = createGate(bay, { deps, clock, journal })
  return { deps, clock, journal, gate, subject: gate.subject('north') }
}

/** The message that an expectation fails with. */
async function messageOf(expectation: Promise<void>): Promise<string> {
  const thrown: unknown = await expectation.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )
  return (thrown as Error).message
}

describe('toBeInPhase', () => {
  it('holds in the phase, and says which it is otherwise', async () => {
    const { subject } = open()
    await expect(subject).toBeInPhase('serving')
    await expect(subject).not.toBeInPhase('draining')
    expect(await messageOf(expect(subject).toBeInPhase('draining'))).toBe(
      'expected "north" to be in phase "draining"\n  it is in "serving"',
    )
    expect(await messageOf(expect(subject).not.toBeInPhase('serving'))).toBe(
      'expected "north" not to be in phase "serving"\n  it is in "serving"',
    )
  })

  it('says how the last flip ended, where it failed', async () => {
    const { subject } = open({ breaks: true })
    await subject.safeFlip('drain', undefined, { actor })
    expect(await messageOf(expect(subject).toBeInPhase('draining'))).toContain(
      '\n  the last flip, "drain", was rolled back: STEP_FAILED, no route',
    )
  })

  it('says so where it is stuck, and where an operator has overridden it', async () => {
    const { subject } = open({ breaks: true, isUndoable: false })
    await subject.safeFlip('drain', undefined, { actor })
    expect(await messageOf(expect(subject).toBeInPhase('draining'))).toContain(
      '\n  the last flip, "drain", is stuck: UNDO_FAILED, nobody listens',
    )
    await subject.force('draining', { actor: chief, reason: 'by hand' })
    expect(await messageOf(expect(subject).toBeInPhase('serving'))).toContain(
      '\n  the last flip, "drain", was overridden by an operator',
    )
  })

  it('refuses what is neither a subject nor a simulation', async () => {
    const { subject } = open()
    await expect(expect(Promise.resolve(subject)).toBeInPhase('serving')).rejects.toThrow(
      'what is expected is an object; it must be a subject or a simulation',
    )
    await expect(expect(subject).not.toBeInPhase(3 as unknown as string)).rejects.toThrow('the phase is 3')
  })
})

describe('a simulation', () => {
  it('is looked at as a subject is', async () => {
    const sim = simulate(bay, { deps: { isCalm: true, breaks: true, isUndoable: true }, actor })
    await expect(sim).toBeInPhase('serving')
    await sim.safeFlip('drain')
    await expect(sim).toHaveUndone(['tell', 'cordon'])
    sim.deps.breaks = false
    await sim.flip('drain')
    await expect(sim).toHaveFlipped({ by: 'drain' })
    await expect(sim).toRefuse('drain', 'illegal')
    await expect(sim).toVerify()
    expect(await messageOf(expect(sim).toBeInPhase('serving'))).toMatch(/^expected "[^"]+" to be in phase "serving"/)
  })

  it('is looked at after its process was killed', async () => {
    const sim = simulate(bay, { deps: { isCalm: true, breaks: false, isUndoable: true }, actor })
    sim.crashAfter('tell')
    await sim.safeFlip('drain')
    await expect(sim).toBeInPhase('serving')
    await expect(sim).not.toHaveFlipped({ by: 'drain' })
    await sim.recover()
    await expect(sim).toBeInPhase('draining')
    await expect(sim).toVerify()
  })
})

describe('toHaveFlipped', () => {
  it('holds for a flip of all that is asked for', async () => {
    const { subject } = open()
    await subject.flip('drain', undefined, { actor })
    await expect(subject).toHaveFlipped({ from: 'serving', to: 'draining', by: 'drain' })
    await expect(subject).toHaveFlipped({ to: 'draining' })
    await expect(subject).not.toHaveFlipped({ from: 'draining' })
    await expect(subject).not.toHaveFlipped({ from: 'serving', by: 'stop' })
  })

  it('says what has committed', async () => {
    const { subject } = open()
    expect(await messageOf(expect(subject).toHaveFlipped({ by: 'drain' }))).toBe(
      'expected "north" to have flipped by "drain"\n  no flip has committed',
    )
    await subject.flip('drain', undefined, { actor })
    await subject.flip('restore', undefined, { actor })
    await subject.flip('drain', undefined, { actor })
    expect(await messageOf(expect(subject).toHaveFlipped({ from: 'serving', to: 'stopped', by: 'stop' }))).toBe(
      [
        'expected "north" to have flipped from "serving" to "stopped" by "stop"',
        '  committed: drain: serving → draining (2 times), restore: draining → serving',
      ].join('\n'),
    )
    expect(await messageOf(expect(subject).not.toHaveFlipped({ by: 'restore' }))).toMatch(
      /^expected "north" not to have flipped by "restore"/,
    )
  })

  it('does not take for a flip what was rolled back or forced', async () => {
    const { subject } = open({ breaks: true })
    await subject.safeFlip('drain', undefined, { actor })
    await subject.force('draining', { actor: chief, reason: 'by hand' })
    await expect(subject).not.toHaveFlipped({ to: 'draining' })
  })

  it('refuses a question that asks for nothing, or for what there is not', async () => {
    const { subject } = open()
    await expect(expect(subject).not.toHaveFlipped({})).rejects.toThrow('given with one of from, to and by')
    await expect(expect(subject).not.toHaveFlipped({ with: 'drain' } as object)).rejects.toThrow('known: from, to, by')
  })
})

describe('toRefuse', () => {
  it('holds for a guard and a policy that say no, and writes nothing', async () => {
    const { subject, deps } = open({ isCalm: false })
    await expect(subject).toRefuse('drain', 'calm', { actor })
    await expect(subject).toRefuse('drain', 'office hours', { actor })
    await expect(subject).toRefuse('drain', 'refused', { actor })
    await expect(subject).toRefuse('drain', undefined, { actor })
    expect(await records(subject)).toEqual([])
    deps.isCalm = true
    await expect(subject).not.toRefuse('drain', 'calm', { actor })
    await expect(subject).not.toRefuse('drain', undefined, { actor })
  })

  it('holds for a verdict', async () => {
    const { subject } = open()
    await expect(subject).toRefuse('stop', 'illegal', { actor })
    await expect(subject).toRefuse('drain', 'unauthorised')
    await expect(subject).not.toRefuse('drain', 'illegal', { actor })
  })

  it('does not hold for a policy that is passed, as the glass is broken', async () => {
    const { subject, deps } = open({ isCalm: false })
    deps.isCalm = false
    const breakGlass = { actor: chief, reason: 'fire' }
    await expect(subject).not.toRefuse('drain', 'office hours', { actor, breakGlass })
    await expect(subject).toRefuse('drain', 'calm', { actor, breakGlass })
  })

  it('says what the flip would do, who said what, and what is allowed', async () => {
    const { subject } = open()
    expect(await messageOf(expect(subject).toRefuse('drain', 'calm', { actor }))).toBe(
      [
        'expected "north" to refuse "drain" by "calm"',
        '  would go: from "serving" to "draining"',
        '  "calm" says yes',
        '  "office hours" says yes',
        '  allowed from "serving": drain',
      ].join('\n'),
    )
    expect(await messageOf(expect(subject).not.toRefuse('stop', undefined, { actor }))).toBe(
      'expected "north" not to refuse "stop"\n  illegal: cannot flip "stop" of "north" from "serving"; allowed: drain',
    )
  })

  it('fails either way where it never came to the guards', async () => {
    const { subject } = open()
    const unauthorised = /unauthorised: /
    expect(await messageOf(expect(subject).toRefuse('drain', 'calm'))).toMatch(unauthorised)
    expect(await messageOf(expect(subject).not.toRefuse('drain', 'calm'))).toMatch(unauthorised)
  })

  it('refuses a guard that the flip does not have, and a flip that the chart does not', async () => {
    const { subject } = open()
    await expect(expect(subject).not.toRefuse('drain', 'clam', { actor })).rejects.toThrow(
      'by is "clam"; it must be one of calm, office hours, unauthorised',
    )
    await expect(expect(subject).not.toRefuse('drian')).rejects.toThrow('"drian"')
    await expect(expect(subject).toRefuse('drain', 'calm', { actr: actor } as object)).rejects.toThrow('actr')
  })
})

describe('toHaveUndone', () => {
  it('holds for exactly the steps of the last flip, in their order', async () => {
    const { subject, deps } = open({ breaks: true })
    await subject.safeFlip('drain', undefined, { actor })
    await expect(subject).toHaveUndone(['tell', 'cordon'])
    await expect(subject).not.toHaveUndone(['cordon', 'tell'])
    await expect(subject).not.toHaveUndone(['tell'])
    await expect(subject).not.toHaveUndone(['tell', 'cordon', 'move'])
    expect(await messageOf(expect(subject).toHaveUndone(['cordon']))).toBe(
      [
        'expected "north" to have undone cordon in its last flip',
        '  the last flip, "drain", has undone tell, cordon',
        '  the last flip, "drain", was rolled back: STEP_FAILED, no route',
      ].join('\n'),
    )
    deps.breaks = false
    await subject.flip('drain', undefined, { actor })
    await expect(subject).toHaveUndone([])
  })

  it('fails either way where there was no flip', async () => {
    const { subject } = open()
    expect(await messageOf(expect(subject).toHaveUndone([]))).toContain('there was no flip')
    expect(await messageOf(expect(subject).not.toHaveUndone(['cordon']))).toContain('there was no flip')
    await expect(expect(subject).toHaveUndone('cordon' as never)).rejects.toThrow('it must be a list of names')
  })
})

describe('toVerify', () => {
  it('holds for a journal as it was written, and names the record that was changed', async () => {
    const { subject, journal } = open()
    await subject.flip('drain', undefined, { actor })
    await expect(journal).toVerify()
    await expect({ journal }).toVerify()
    const forged = over(journal, {
      async *history(ref) {
        for await (const record of journal.history(ref)) {
          yield { ...record, payload: record.payload.replace('"cordon"', '"corden"') }
        }
      },
    })
    await expect(forged).not.toVerify()
    expect(await messageOf(expect(forged).toVerify())).toMatch(
      /^expected the journal to verify\n {2}bad: \d records of 1 subjects\n {2}edited: record 2 of .*: its payload is not the one/,
    )
    expect(await messageOf(expect(journal).not.toVerify())).toMatch(
      /^expected the journal not to verify\n {2}ok-unanch/,
    )
  })

  it('takes what is trusted, and refuses what is no journal', async () => {
    const { journal, subject } = open()
    await expect(expect(journal).toVerify({ keys: ['no key'] })).rejects.toThrow('keys')
    await expect(expect(subject).toVerify()).rejects.toThrow('it must be a journal, or a simulation')
  })
})
