import { formatMs } from '../../base/index.ts'
import type { JournalRecord } from '../../ports/index.ts'
import type { VirtualClock } from '../time/index.ts'
import type { Moment } from './process.ts'

/** What happened in a simulation, told line by line: when, who, what. */
export class Story {
  readonly #clock: Pick<VirtualClock, 'monotonic'>
  readonly #lines: string[] = []

  constructor(clock: Pick<VirtualClock, 'monotonic'>) {
    this.#clock = clock
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  tell(who: string, what: string): void {
    const when = `+${formatMs(this.#clock.monotonic())}`
    this.#lines.push(`${when.padEnd(8)} ${who.padEnd(11)} ${what}`)
  }

  /** What a process reaches out for; that a step answers is told by its record. */
  met({ place, when }: Moment, process: string): void {
    if (when === 'before' && !place.startsWith('journal: ')) this.tell(process, place)
  }

  recorded(record: JournalRecord): void {
    this.tell('journal', `${record.n}. ${sentence(record)}`)
  }
}

/** A record without its ids and times: the same for every run. */
function sentence(record: JournalRecord): string {
  switch (record.kind) {
    case 'requested':
      return `requested "${record.flip}", ${record.from} → ${record.to}, epoch ${record.epoch}`
    case 'committed':
    case 'rolledBack':
      return `${record.kind} "${record.flip}", ${record.kind === 'committed' ? record.to : record.from}`
    case 'turned':
      return `turned: ${record.failure.code}, to be undone: ${record.undo.join(', ') || 'nothing'}`
    case 'stuck':
      return `stuck in "${record.step}": ${record.failure.code}`
    case 'adopted':
      return `adopted, epoch ${record.epoch}, in doubt: ${record.doubt ?? 'nothing'}`
    case 'denied':
      return `denied by ${record.guard ?? record.by}: ${record.reason}`
    case 'forced':
    case 'migrated':
      return `${record.kind}, ${record.from} → ${record.phase}`
    case 'started':
    case 'stepped':
    case 'undone':
      return `${record.kind} "${record.step}"`
    default:
      return record.kind
  }
}
