import { canonical, unreachable } from '../../base/index.ts'
import type { Actor, BreakGlass, Delay, Failure, JournalRecord, RecordKind } from '../../ports/index.ts'
import type { Masks } from './masks.ts'
import { span } from './span.ts'

const PLACE: ReadonlySet<string> = new Set(['n', 'at', 'epoch', 'kind', 'flipId'])

/** What happened, as people say it, without when: the kind first, what is another in every run masked. */
export function sentence(record: JournalRecord, masks: Masks): string {
  const flip = 'flipId' in record ? `${masks.name('flip', record.flipId)} ` : ''
  const isDropped = Object.keys(record).every((name) => PLACE.has(name))
  const told = isDropped ? '(its payload was dropped)' : tell(record, masks)
  return `${flip}${record.kind}${/^[ :]/.test(told) ? '' : ' '}${told}`
}

function tell(record: JournalRecord, masks: Masks): string {
  switch (record.kind) {
    case 'started':
    case 'undone':
      return record.step
    case 'stepped':
      return record.output === undefined ? record.step : `${record.step} → ${json(record.output, masks)}`
    case 'turned':
      return `${failed(record.failure, masks)}; to undo: ${record.undo.join(', ') || 'nothing'}`
    case 'committed':
      return `${record.flip}: ${record.from} → ${record.to}${timers(record.timers)}`
    case 'rolledBack':
      return `${record.flip}: back in ${record.from}, ${failed(record.failure, masks)}`
    case 'stuck':
      return `in the ${record.doing} of ${record.step}, ${failed(record.failure, masks)}`
    case 'requested':
      return requested(record, masks)
    case 'adopted':
      return adopted(record, masks)
    case 'denied':
      return denied(record, masks)
    default:
      return ordered(record, masks)
  }
}

type Ordered = Exclude<
  RecordKind,
  | 'started'
  | 'undone'
  | 'stepped'
  | 'turned'
  | 'committed'
  | 'rolledBack'
  | 'stuck'
  | 'requested'
  | 'adopted'
  | 'denied'
>

/** What somebody has ordered, and what the runtime has done without a flip. */
function ordered(record: JournalRecord<Ordered>, masks: Masks): string {
  switch (record.kind) {
    case 'resolved':
      return `${record.how}${order(record, masks)}, by ${masks.name('owner', record.owner)}`
    case 'cancelRequested':
      return order(record, masks)
    case 'approved':
      return `${record.flip}${order(record, masks)}, for ${span(inSeconds(record.until - record.at))}`
    case 'forced': {
      const over = record.overridden === undefined ? '' : `, over ${masks.name('flip', record.overridden)}`
      return `${record.from} → ${record.phase}${order(record, masks)}${over}${timers(record.timers)}`
    }
    case 'pruned':
      return `what is older than ${span(inSeconds(record.at - record.before))}${order(record, masks)}`
    case 'redacted':
      return `${record.records.join(', ')}${order(record, masks)}`
    case 'migrated': {
      const versions = `version ${record.previous.version} → ${record.chart.version}`
      return `${record.from} → ${record.phase}, ${versions}${timers(record.timers)}`
    }
    default:
      return unreachable(record)
  }
}

function requested(record: JournalRecord<'requested'>, masks: Masks): string {
  const { flip, from, to, input, key, attempt, actor, trace, breakGlass } = record
  const told = [
    `${flip}: ${from} → ${to}`,
    input === undefined ? undefined : `with ${json(input, masks)}`,
    key === undefined ? undefined : `key ${text(key, masks)}`,
    attempt === 1 ? undefined : `attempt ${attempt}`,
    actor === undefined ? undefined : `for ${named(actor, masks)}`,
    `by ${masks.name('owner', record.owner)}`,
    breakGlass === undefined ? undefined : glass(breakGlass, masks),
    trace === undefined ? undefined : masks.name('trace', trace),
  ]
  return told.filter((part) => part !== undefined).join(', ')
}

function adopted({ owner, previous, doubt }: JournalRecord<'adopted'>, masks: Masks): string {
  const before = masks.name('owner', previous)
  const doubtful = doubt === undefined ? '' : `, ${doubt} in doubt`
  return `by ${masks.name('owner', owner)} after ${before}${doubtful}`
}

function denied({ act, flip, actor, by, guard, reason, repeats }: JournalRecord<'denied'>, masks: Masks): string {
  const what = [act, flip].filter((part) => part !== undefined).join(' ')
  const whom = actor === undefined ? '' : ` to ${named(actor, masks)}`
  const who = guard === undefined ? by : `${by} ${text(guard, masks)}`
  const more = repeats === 0 ? '' : `, and ${repeats} more`
  return `${what}${whom}, by ${who}: ${text(reason, masks)}${more}`
}

function glass({ actor, reason, passed }: BreakGlass, masks: Masks): string {
  const policies = passed.map((no) => `${text(no.policy, masks)} (${text(no.reason, masks)})`).join(', ')
  return `glass broken for ${named(actor, masks)}: ${text(reason, masks)}, passing ${policies || 'nothing'}`
}

function order(
  { actor, reason }: { readonly actor: Actor | undefined; readonly reason: string },
  masks: Masks,
): string {
  const whom = actor === undefined ? '' : ` for ${named(actor, masks)}`
  return `${whom}: ${text(reason, masks)}`
}

function failed({ code, message, step, terminal }: Failure, masks: Masks): string {
  const where = step === undefined ? '' : ` at ${step}`
  return `${code}${where}${terminal === true ? ', terminal' : ''}: ${text(message, masks)}`
}

function timers(delays: readonly Delay[]): string {
  return delays.map(({ flip, afterMs }) => `, ${flip} in ${span(afterMs)}`).join('')
}

function named({ id, roles = [] }: Actor, masks: Masks): string {
  return roles.length === 0 ? masks.in(id) : `${masks.in(id)} (${roles.join(', ')})`
}

/** Quoted, so that whatever is in it stays on the line. */
function text(words: string, masks: Masks): string {
  return masks.in(JSON.stringify(words))
}

/** With sorted keys. What was sealed is another in every run, though it says the same. */
function json(value: unknown, masks: Masks): string {
  return masks.in(canonical(value).replaceAll(/\{"\$sealed":"[^"]*"\}/g, '<sealed>'))
}

/** Two looks at the clock lie between the two times: what is less than a second is chance. */
function inSeconds(ms: number): number {
  return Math.round(ms / 1_000) * 1_000
}
