import { chart } from 'phasegate'

/** Two phases and nothing to do between them. */
export const door = chart('door', { version: 1 })
  .phase('shut', { initial: true })
  .phase('open')
  .flip('open', (f) => f.from('shut').to('open'))
  .flip('shut', (f) => f.from('open').to('shut'))
  .build()
