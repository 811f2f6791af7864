import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AnyStateMachine, createActor, SimulatedClock, transition } from 'xstate'
import { toMachine } from '../../src/chart/compile.ts'
import { chartOf, plan } from './random.ts'

/** Asks the machine itself: puts it into the phase, sends the flip, and looks where it is. */
function run(
  machine: AnyStateMachine,
  phase: string,
  flip: string,
): { readonly phase: string; readonly taken: boolean } {
  const before = machine.resolveState({ value: phase, context: {} })
  const [after] = transition(machine, before, { type: flip })
  return { phase: String(after.value), taken: before.can({ type: flip }) }
}

it('table and machine agree on every phase and flip of a random chart', () => {
  let asked = 0
  fc.assert(
    fc.property(plan, (drawn) => {
      const chart = chartOf(drawn)
      const machine = toMachine(chart)
      for (const phase of chart.phases.keys()) {
        for (const flip of [...chart.flips.keys(), 'undeclared']) {
          const to = chart.table[phase]?.[flip]
          expect(run(machine, phase, flip), `${flip} from ${phase}`).toEqual({
            phase: to ?? phase,
            taken: to !== undefined,
          })
          asked += 1
        }
      }
    }),
    { numRuns: 300 },
  )
  expect(asked).toBeGreaterThan(5_000)
})

it('table and a live actor walk the same way through a random chart', () => {
  fc.assert(
    fc.property(plan, fc.array(fc.nat(), { maxLength: 40 }), (drawn, choices) => {
      const chart = chartOf(drawn)
      const flips = [...chart.flips.keys()]
      fc.pre(flips.length > 0)
      const actor = createActor(toMachine(chart), { clock: new SimulatedClock() }).start()
      let phase = chart.initial
      for (const choice of choices) {
        const flip = flips[choice % flips.length] ?? ''
        phase = chart.table[phase]?.[flip] ?? phase
        if (actor.getSnapshot().status === 'active') actor.send({ type: flip })
        expect(actor.getSnapshot().value).toBe(phase)
      }
      expect(actor.getSnapshot().status).toBe(chart.phases.get(phase)?.final ? 'done' : 'active')
      actor.stop()
    }),
    { numRuns: 200 },
  )
})
