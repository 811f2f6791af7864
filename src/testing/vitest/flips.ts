import { known, refuse } from '../../base/index.ts'
import type { Failure, JournalRecord } from '../../ports/index.ts'
import type { Judged } from './judged.ts'

/** Which flip is looked for; at least one of them. */
export interface FlippedOptions {
  /** @default any phase */
  readonly from?: string | undefined
  /** @default any phase */
  readonly to?: string | undefined
  /** The name of the flip. @default any flip */
  readonly by?: string | undefined
}

type Committed = JournalRecord<'committed'>

/** Whether a flip of this kind has committed. @throws OPTION_INVALID where nothing is asked for */
export function judgeFlipped(who: string, records: readonly JournalRecord[], asked: unknown): Judged {
  const wanted = parseFlipped(asked)
  const committed = records.filter(isTold)
  const isWanted = ({ from, to, flip }: Committed): boolean =>
    from === (wanted.from ?? from) && to === (wanted.to ?? to) && flip === (wanted.by ?? flip)
  const { from, to, by } = wanted
  const words = [
    from === undefined ? '' : ` from "${from}"`,
    to === undefined ? '' : ` to "${to}"`,
    by === undefined ? '' : ` by "${by}"`,
  ]
  return {
    is: committed.some(isWanted) ? 'so' : 'not so',
    who,
    asked: `have flipped${words.join('')}`,
    found: [
      committed.length === 0 ? 'no flip has committed' : `committed: ${counted(committed).join(', ')}`,
      ...lastFailure(records),
    ],
  }
}

/** Of one whose payload was dropped nobody knows which flip it was. */
function isTold(record: JournalRecord): record is Committed {
  return record.kind === 'committed' && record.flip !== undefined
}

function parseFlipped(asked: unknown): FlippedOptions {
  const given = known(asked, 'toHaveFlipped options', ['from', 'to', 'by'])
  const parsed = { from: name(given.from, 'from'), to: name(given.to, 'to'), by: name(given.by, 'by') }
  if (Object.values(parsed).every((value) => value === undefined)) {
    return refuse('toHaveFlipped options', asked, 'given with one of from, to and by')
  }
  return parsed
}

function name(value: unknown, option: string): string | undefined {
  return value === undefined || typeof value === 'string' ? value : refuse(option, value, 'a name')
}

function counted(committed: readonly Committed[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { flip, from, to } of committed) {
    const told = `${flip}: ${from} → ${to}`
    counts.set(told, (counts.get(told) ?? 0) + 1)
  }
  return [...counts].map(([told, count]) => (count === 1 ? told : `${told} (${count} times)`))
}

/** Whether the last flip has undone exactly these steps, in this order. @throws OPTION_INVALID */
export function judgeUndone(who: string, records: readonly JournalRecord[], asked: unknown): Judged {
  const steps = parseSteps(asked)
  const told = `have undone ${listed(steps)} in its last flip`
  const last = lastRequested(records)
  if (last === undefined) return { is: 'unclear', who, asked: told, found: ['there was no flip'] }
  const undone = records.flatMap((record) =>
    record.kind === 'undone' && record.flipId === last.flipId ? [record.step] : [],
  )
  const isSo = undone.length === steps.length && undone.every((step, index) => step === steps[index])
  return {
    is: isSo ? 'so' : 'not so',
    who,
    asked: told,
    found: [`the last flip, "${last.flip}", has undone ${listed(undone)}`, ...lastFailure(records)],
  }
}

function parseSteps(asked: unknown): readonly string[] {
  if (Array.isArray(asked) && asked.every((step) => typeof step === 'string')) return asked
  return refuse('the steps of toHaveUndone', asked, 'a list of names')
}

function listed(steps: readonly string[]): string {
  return steps.length === 0 ? 'nothing' : steps.join(', ')
}

/** Whether it is in the phase. */
export function judgePhase(who: string, found: string, records: readonly JournalRecord[], asked: unknown): Judged {
  const phase = typeof asked === 'string' ? asked : refuse('the phase', asked, 'the name of a phase')
  return {
    is: found === phase ? 'so' : 'not so',
    who,
    asked: `be in phase "${phase}"`,
    found: [`it is in "${found}"`, ...lastFailure(records)],
  }
}

/** How the last flip has failed, where it has: what people look for first. */
export function lastFailure(records: readonly JournalRecord[]): readonly string[] {
  const last = lastRequested(records)
  if (last === undefined) return []
  const end = records.findLast((record) => isEndOf(last.flipId, record))
  const how = howItEnded(end)
  return how === undefined ? [] : [`the last flip, "${last.flip}", ${how}`]
}

function isEndOf(flipId: string, record: JournalRecord): boolean {
  if (record.kind === 'forced') return record.overridden === flipId
  const isEnd = record.kind === 'committed' || record.kind === 'rolledBack' || record.kind === 'stuck'
  return isEnd && record.flipId === flipId
}

function howItEnded(end: JournalRecord | undefined): string | undefined {
  switch (end?.kind) {
    case undefined:
      return 'is in progress'
    case 'rolledBack':
      return `was rolled back: ${failureText(end.failure)}`
    case 'stuck':
      return `is stuck: ${failureText(end.failure)}`
    case 'forced':
      return 'was overridden by an operator'
    default:
      return undefined
  }
}

function failureText(failure: Failure | undefined): string {
  return failure === undefined ? 'its payload was dropped' : `${failure.code}, ${failure.message}`
}

function lastRequested(records: readonly JournalRecord[]): JournalRecord<'requested'> | undefined {
  return records.findLast((record) => record.kind === 'requested')
}
