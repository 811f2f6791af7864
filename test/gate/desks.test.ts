import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { chart, createGate } from 'phasegate'
import { expect, test } from 'vitest'
import { Desks } from '../../src/gate/desks.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

type Desk = ReturnType<Desks['get']>

/** As far as the shelf of desks is concerned. */
function desk(isBusy = false): Desk {
  return { isBusy } as Desk
}

/** Lets what nobody holds be collected, and those who wait for it hear of it. */
async function tidyUp(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
}

test('a subject has one desk for as long as anybody holds it, however many came after', async () => {
  const desks = new Desks(() => desk(), 10)
  const held = desks.get('held')
  for (let n = 0; n < 1_000; n++) desks.get(`another ${n}`)
  await tidyUp()
  expect(desks.get('held')).toBe(held)
})

test('desks at rest that nobody holds are let go, but for those used last', async () => {
  const desks = new Desks(() => desk(), 10)
  for (let n = 0; n < 1_000; n++) desks.get(`order ${n}`)
  await tidyUp()
  expect([...desks].length).toBeLessThanOrEqual(10)
})

test('a desk where something is going on is kept, though nobody holds it', async () => {
  let made = 0
  const desks = new Desks((id) => {
    made += 1
    return desk(id === 'busy')
  }, 10)
  desks.get('busy')
  for (let n = 0; n < 1_000; n++) desks.get(`order ${n}`)
  await tidyUp()
  made = 0
  desks.get('busy')
  expect(made).toBe(0)
})

test('a permit that is out keeps its desk: whoever flips later waits for it', async () => {
  const service = chart('service', { version: 1 })
    .phase('up', { initial: true })
    .phase('down')
    .flip('drop', (f) =>
      f
        .from('up')
        .to('down')
        .confirm('idle', async ({ drained }) => drained('up').then(() => true)),
    )
    .flip('raise', (f) => f.from('down').to('up'))
    .build()
  const gate = createGate(service)
  await gate.subject('api').phase()
  const permit = gate.subject('api').admit('up')
  for (let n = 0; n < 10_050; n++) gate.subject(`another ${n}`)
  await tidyUp()
  let isDown = false
  const dropping = gate
    .subject('api')
    .flip('drop')
    .then(() => {
      isDown = true
    })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isDown).toBe(false)
  permit.done()
  await dropping
})
