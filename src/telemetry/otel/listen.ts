import type { Stop } from '../../ports/index.ts'
import type { Watched } from '../index.ts'
import type { Instruments } from './instruments.ts'

/** Measures what the events of a gate tell. Every label comes from the chart, the table of errors, or a list of acts. */
export function listen(gate: Watched, instruments: Instruments): Stop {
  const chart = gate.chart.name
  const { adoptions, overrides, unauthorised, leaseLosses, fenced } = instruments
  const stops = [
    gate.on('flip.adopted', ({ flip }) => adoptions.add(1, { chart, flip })),
    gate.on('flip.forced', () => overrides.add(1, { chart, reason: 'forced' })),
    gate.on('flip.resolved', ({ how }) => {
      if (how !== 'retry') overrides.add(1, { chart, reason: how })
    }),
    gate.on('flip.requested', ({ breakGlass }) => {
      if (breakGlass !== undefined) overrides.add(1, { chart, reason: 'breakGlass' })
    }),
    gate.on('unauthorised', ({ act: reason, flip }) =>
      unauthorised.add(1, flip === undefined ? { chart, reason } : { chart, flip, reason }),
    ),
    gate.on('lease.lost', ({ error }) => {
      leaseLosses.add(1, { chart, reason: error.code })
      if (error.code === 'FENCED') fenced.add(1, { chart })
    }),
    ...listenToPhases(gate, instruments),
    ...listenToRollbacks(gate, instruments),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function listenToPhases(gate: Watched, { phaseDuration }: Instruments): readonly Stop[] {
  const chart = gate.chart.name
  const left = (event: { readonly from: string; readonly at: number; readonly since: number | undefined }): void => {
    const { from, at, since } = event
    if (since !== undefined) phaseDuration.record(Math.max(0, at - since) / 1_000, { chart, phase: from })
  }
  return [gate.on('flip.committed', left), gate.on('flip.forced', left), gate.on('flip.migrated', left)]
}

/** Only who has turned a flip back knows when that was: who adopts it later on its way back does not measure it. */
function listenToRollbacks(gate: Watched, { rollbackDuration }: Instruments): readonly Stop[] {
  const chart = gate.chart.name
  const turned = new Map<string, number>()
  const over = ({ flipId }: { readonly flipId: string }): void => void turned.delete(flipId)
  return [
    gate.on('flip.turned', ({ flipId, at }) => turned.set(flipId, at)),
    gate.on('flip.rolledBack', ({ flipId, flip, at }) => {
      const since = turned.get(flipId)
      if (since !== undefined) rollbackDuration.record(Math.max(0, at - since) / 1_000, { chart, flip })
      turned.delete(flipId)
    }),
    gate.on('flip.stuck', over),
    gate.on('lease.lost', over),
  ]
}
