import { expect, test } from 'vitest'
import type { Call, Command } from '../../../src/testing/fast-check/commands.ts'
import { plainer, plainerThan } from '../../../src/testing/fast-check/plainer.ts'

const call: Call = { wish: { type: 'legal', pick: 3 }, inputs: {}, actor: undefined, key: 'a' }
const unkeyed: Call = { ...call, key: undefined }
const flip: Command = { type: 'flip', call, trouble: { how: 'fails', pick: 0 } }

/** What is tried instead of a command. */
const instead = (command: Command): readonly Command[][] =>
  plainerThan(command).map((row) => row.map((off) => plainer(command, off)))

test('a flip is tried without trouble, and without its key', () => {
  expect(instead(flip)).toEqual([[{ ...flip, trouble: undefined }], [{ ...flip, call: unkeyed }]])
})

test('callers at one time are tried one by one, without keys, and in turn', () => {
  const alone = (only: Call): Command => ({ type: 'flip', call: only, trouble: undefined })
  expect(instead({ type: 'together', calls: [call, unkeyed] })).toEqual([
    [alone(call)],
    [alone(unkeyed)],
    [{ type: 'together', calls: [unkeyed, unkeyed] }],
    [alone(call), alone(unkeyed)],
  ])
})

test('what is plain already stays as it is: nothing is tried for ever', () => {
  const plain: readonly Command[] = [
    { type: 'flip', call: unkeyed, trouble: undefined },
    { type: 'event', name: 'a replica lags' },
    { type: 'advance', ms: 1 },
    { type: 'crash' },
    { type: 'recover' },
  ]
  for (const command of plain) expect(plainerThan(command)).toEqual([])
})
