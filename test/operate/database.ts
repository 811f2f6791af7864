import { chart } from 'phasegate'

export interface Site {
  /** Whether the name server answers: without it `cut over` gets stuck, past its point of no return. */
  dnsAnswers: boolean
}

/** A database that is cut over from an old to a new machine. */
export const database = chart('database', { version: 1 })
  .deps<Site>()
  .phase('old', { initial: true })
  .phase('new')
  .flip('cut over', (f) =>
    f
      .from('old')
      .to('new')
      .step('switch', { run: () => undefined, irreversible: true })
      .step('announce', {
        run: ({ deps }) => {
          if (!deps.dnsAnswers) throw new Error('dns does not answer')
        },
        retry: { attempts: 1 },
      }),
  )
  .flip('fall back', (f) => f.from('new').to('old'))
  .build()
