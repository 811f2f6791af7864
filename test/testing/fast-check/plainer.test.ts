import { expect, test } from 'vitest'
import type { Call, Command } from '../../../src/testing/fast-check/commands.ts'
import { PLAINER, plainer } from '../../../src/testing/fast-check/plainer.ts'

const call: Call = { wish: { type: 'legal', pick: 3 }, inputs: {}, actor: undefined, key: 'a' }
const unkeyed: Call = { ...call, key: undefined }
const flip: Command = { type: 'flip', call, trouble: { how: 'fails', pick: 0 } }

test('a command is made plainer: without trouble, without others, without a key', () => {
  expect(plainer(flip, 'calm')).toEqual({ ...flip, trouble: undefined })
  expect(plainer(flip, 'keyless')).toEqual({ ...flip, call: unkeyed })
  expect(plainer({ type: 'together', calls: [call, unkeyed] }, 'alone')).toEqual({
    type: 'flip',
    call,
    trouble: undefined,
  })
  expect(plainer({ type: 'together', calls: [call, unkeyed] }, 'keyless')).toEqual({
    type: 'together',
    calls: [unkeyed, unkeyed],
  })
})

test('what is plain already stays as it is: nothing is tried for ever', () => {
  const plain: readonly Command[] = [
    { type: 'flip', call: unkeyed, trouble: undefined },
    { type: 'event', name: 'a replica lags' },
    { type: 'advance', ms: 1 },
    { type: 'crash' },
    { type: 'recover' },
  ]
  for (const command of plain) for (const how of PLAINER) expect(plainer(command, how)).toBe(command)
})
