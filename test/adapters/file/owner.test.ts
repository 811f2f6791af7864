import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { decideTakeover, type Found, isAlive, thisOwner } from '../../../src/adapters/folder/index.ts'

const owner = thisOwner(1_000)
const found = (changes: Partial<Found>): Found => ({ owner, isReleased: false, isAlive: true, silentMs: 0, ...changes })

test.each<readonly [string, Found, string]>([
  ['a live owner that shows life', found({}), 'owned'],
  ['a live owner that is silent for just its ttl', found({ silentMs: 1_000 }), 'owned'],
  ['a live owner that is silent for longer', found({ silentMs: 1_001 }), 'silent'],
  ['an owner that released', found({ isReleased: true }), 'released'],
  ['a dead owner', found({ isAlive: false }), 'dead'],
  ['an owner elsewhere that shows life', found({ isAlive: undefined }), 'owned'],
  ['an owner elsewhere that is silent', found({ isAlive: undefined, silentMs: 1_001 }), 'silent'],
  ['an owner not yet known', found({ owner: undefined, isAlive: undefined, silentMs: 500 }), 'owned'],
  ['an owner not yet known, for too long', found({ owner: undefined, isAlive: undefined, silentMs: 501 }), 'silent'],
])('%s: %3$s', (_name, what, wanted) => {
  const verdict = decideTakeover(what, 500)
  expect(verdict.type === 'take' ? verdict.because : verdict.type).toBe(wanted)
})

test('this process is alive; one with its pid and another start is not; one elsewhere cannot be told', () => {
  expect(isAlive(owner)).toBe(true)
  if (owner.started !== undefined) expect(isAlive({ ...owner, started: '1' })).toBe(false)
  expect(isAlive({ ...owner, host: 'elsewhere' })).toBeUndefined()
  expect(isAlive({ ...owner, space: 'another boot' })).toBeUndefined()
})

test('a process that has ended is dead', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  expect(isAlive({ ...owner, pid: child.pid ?? 0, started: undefined })).toBe(false)
})
