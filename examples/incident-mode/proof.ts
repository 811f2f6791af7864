import type { JournalRecord, RecordKind } from 'phasegate'
import type { Phase } from './api.ts'
import type { Tally } from './load.ts'

/** What was seen of an incident. */
export interface Evidence {
  readonly records: readonly JournalRecord[]
  readonly tally: Tally
  /** The phase in which the process came up after its restart. */
  readonly foundPhase: string | undefined
  /** Permits that are still out in the end. */
  readonly out: number
}

export interface Finding {
  readonly holds: boolean
  readonly text: string
}

const ROLL_OUT = ['to 10 percent', 'to 50 percent', 'to 100 percent']

export function judge({ records, tally, foundPhase, out }: Evidence): readonly Finding[] {
  return [
    preemption(records),
    failures(tally),
    ...shedding(tally),
    { holds: foundPhase === 'mitigation', text: `restarted in the middle of it, the API came up in "${foundPhase}"` },
    timers(records),
    { holds: out === 0, text: `${out} permits are still out` },
  ]
}

/** The roll-out undoes what it has begun, the last first; when it has ended, and not before, the mitigation goes. */
function preemption(records: readonly JournalRecord[]): Finding {
  const undone = those('undone', records).map(({ step }) => step)
  const [rolledBack] = those('rolledBack', records)
  const mitigate = those('requested', records).find(({ flip }) => flip === 'mitigate')
  const isReverse = undone.length > 0 && undone.join() === ROLL_OUT.slice(0, undone.length).reverse().join()
  const isFirst = rolledBack?.flip === 'roll out' && mitigate !== undefined && rolledBack.n < mitigate.n
  return { holds: isReverse && isFirst, text: `the roll-out was undone (${undone.join(', ')}), then mitigation went` }
}

function failures(tally: Tally): Finding {
  const failed = (phase: Phase) => tally.count(phase, '/pay', 500) + tally.count(phase, '/search', 500)
  const [before, after] = [failed('normal'), failed('mitigation') + failed('recovery')]
  return { holds: before > 0 && after === 0, text: `${before} requests failed before it, ${after} after it` }
}

function shedding(tally: Tally): readonly Finding[] {
  const searches = (phase: Phase) => ({
    served: tally.count(phase, '/search', 200),
    shed: tally.count(phase, '/search', 503),
  })
  const [mitigation, recovery, normal] = [searches('mitigation'), searches('recovery'), searches('normal')]
  const paid = tally.count('mitigation', '/pay', 200) + tally.count('recovery', '/pay', 200)
  const unpaid = tally.count('mitigation', '/pay', 503) + tally.count('recovery', '/pay', 503)
  return [
    {
      holds: mitigation.shed > 0 && mitigation.served === 0,
      text: `in mitigation ${mitigation.shed} searches were shed, ${mitigation.served} served`,
    },
    {
      holds: recovery.shed > 0 && recovery.served > 0,
      text: `in recovery ${recovery.shed} were shed, ${recovery.served} served`,
    },
    { holds: normal.shed === 0 && normal.served > 0, text: `in normal ${normal.shed} were shed` },
    { holds: paid > 0 && unpaid === 0, text: `meanwhile ${paid} payments were served, ${unpaid} shed` },
    {
      holds: tally.withoutRetryAfter === 0,
      text: `${tally.withoutRetryAfter} were shed without being told when to come again`,
    },
  ]
}

function timers(records: readonly JournalRecord[]): Finding {
  const fired = those('requested', records).filter(({ flip }) => flip === 'recover' || flip === 'resume')
  const isTimed = fired.every(({ actor }) => actor?.id === 'system:timer')
  const committed = those('committed', records).map(({ flip }) => flip)
  const text = `${fired.map(({ flip }) => flip).join(' and ')} went by durable timers`
  return { holds: isTimed && committed.join() === 'mitigate,recover,resume', text }
}

function those<Kind extends RecordKind>(kind: Kind, records: readonly JournalRecord[]): readonly JournalRecord<Kind>[] {
  return records.filter((record): record is JournalRecord<Kind> => record.kind === kind)
}
