import { AsyncLocalStorage } from 'node:async_hooks'
import type { Subject } from 'phasegate'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signal, stage } from './stage.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  // Which calls are under way is known to the module, and those of other files may be.
  vi.resetModules()
})
afterEach(() => {
  vi.runAllTimers()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function open(turn: (door: Pick<Subject, 'safeFlip'>) => unknown): Promise<Subject> {
  const { chart, createGate } = await import('phasegate')
  const shape = chart('door', { version: 1 })
    .phase('closed', { initial: true })
    .phase('open')
    .flip('open', (f) =>
      f
        .from('closed')
        .to('open')
        .step('turn', { run: () => turn(door) }),
    )
    .flip('close', (f) => f.from('open').to('closed'))
    .build()
  const door = createGate(shape, stage()).subject('front') as unknown as Subject
  return door
}

test('when no step has run for a while, asynchronous work of the process is no longer followed; the next step is', async () => {
  const disable = vi.spyOn(AsyncLocalStorage.prototype, 'disable')
  const codes: (string | undefined)[] = []
  const door = await open(async (subject) => {
    await new Promise((resolve) => setImmediate(resolve))
    codes.push((await subject.safeFlip('close')).error?.code)
  })
  await door.flip('open')
  vi.advanceTimersByTime(499)
  expect(disable).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2)
  expect(disable).toHaveBeenCalledOnce()

  await door.flip('close')
  await door.flip('open')
  expect(codes).toEqual(['FLIP_REENTRANT', 'FLIP_REENTRANT'])
})

test('a step that runs for long is followed to its end, and a flip that it asks for is refused', async () => {
  const turned = signal()
  let code: string | undefined
  const slow = await open(async (subject) => {
    await turned.promise
    code = (await subject.safeFlip('close')).error?.code
  })
  const quick = await open(() => undefined)
  await quick.flip('open')
  const opening = slow.flip('open')
  await new Promise((resolve) => setImmediate(resolve))
  vi.advanceTimersByTime(5_000)
  turned.resolve()
  await opening
  expect(code).toBe('FLIP_REENTRANT')
})
