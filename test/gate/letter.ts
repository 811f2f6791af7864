// A chart whose inputs and results name people.
import { chart, createGate, type Journal, terminal } from 'phasegate'
import { z } from 'zod'

export const kim = { actor: { id: 'kim' }, reason: 'asked for by the person' }

export const letter = chart('letter', { version: 1 })
  .deps<{ hold?: Promise<void> }>()
  .phase('written', { initial: true })
  .phase('sent')
  .flip('send', (f) =>
    f
      .from('written')
      .to('sent')
      .input(z.object({ to: z.string() }))
      .step('post', {
        run: async ({ deps, input }) => {
          await deps.hold
          if (input.to === 'Nobody') throw terminal(new Error(`${input.to} lives nowhere`))
          return { receipt: `for ${input.to}` }
        },
      }),
  )
  .flip('recall', (f) => f.from('sent').to('written'))
  .build()

export function letters(journal: Journal, hold?: Promise<void>) {
  return createGate(letter, { deps: hold === undefined ? {} : { hold }, journal }).subject('1')
}
