import { memoryJournal } from 'phasegate'
import { expect, test } from 'vitest'
import { chart } from '../../../src/chart/index.ts'
import type { Command } from '../../../src/testing/fast-check/commands.ts'
import { Drive } from '../../../src/testing/fast-check/drive.ts'
import { type FlipsSettings, parseFlipsOptions } from '../../../src/testing/fast-check/options.ts'
import { Script } from '../../../src/testing/fast-check/script.ts'
import { over } from '../../gate/stage.ts'

const lamp = chart('lamp', { version: 1 })
  .phase('off', { initial: true })
  .phase('on')
  .flip('turn on', (f) =>
    f
      .from('off')
      .to('on')
      .step('click', { run: () => null }),
  )
  .flip('turn off', (f) => f.from('on').to('off'))
  .build()

const flip = (name: string, key?: string): Command => ({
  type: 'flip',
  call: { wish: { type: 'named', flip: name }, inputs: {}, actor: undefined, key },
  trouble: undefined,
})

/** The property's settings, with a journal that lies. */
function withJournal(lie: (journal: ReturnType<typeof memoryJournal>) => Parameters<typeof over>[1]): FlipsSettings {
  const settings = parseFlipsOptions(lamp, undefined)
  const journal: FlipsSettings['simulate']['journal'] = (clock) => {
    const honest = memoryJournal({ clock })
    return over(honest, lie(honest))
  }
  return { ...settings, simulate: { ...settings.simulate, journal } }
}

function problemsOf(settings: FlipsSettings, ...commands: readonly Command[]): Promise<unknown> {
  return Drive.run(settings, new Script(commands)).then(
    () => [],
    (error: { facts: { problems: readonly string[] } }) => error.facts.problems,
  )
}

test('a script that holds holds, and says what came of each command', async () => {
  const script = new Script([flip('turn on', 'a'), flip('turn off'), flip('turn off'), { type: 'advance', ms: 1_000 }])
  expect(String(script)).toContain('1. flip "turn on" (not reached)')
  await Drive.run(parseFlipsOptions(lamp, undefined), script)
  expect(String(script).trim().split('\n')).toEqual([
    '1. flip "turn on" under key "a" → on',
    '  2. flip "turn off" → off',
    '  3. flip "turn off" → FLIP_ILLEGAL',
    '  4. 1s pass → off',
  ])
})

test('a journal whose records were changed is found out at the end', async () => {
  const changed = withJournal((journal) => ({
    history: async function* (subject, range) {
      for await (const sealed of journal.history(subject, range))
        yield { ...sealed, header: sealed.header.replace('"n":3', '"n":3 ') }
    },
  }))
  expect(await problemsOf(changed, flip('turn on'))).toEqual([expect.stringMatching(/^the journal does not verify: /)])
})

test('a journal that forgets a record is found out by its head', async () => {
  const forgetful = withJournal((journal) => ({
    history: async function* (subject, range) {
      for await (const sealed of journal.history(subject, range))
        if (!sealed.header.includes('"kind":"committed"')) yield sealed
    },
  }))
  expect(await problemsOf(forgetful, flip('turn on'))).toContain(
    'the head, in "on" at 3, is not what its history comes to: "off"',
  )
})
