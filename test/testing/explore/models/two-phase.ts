import { always, alwaysPossible, type Model, type Property } from '../../../../src/testing/explore/index.ts'

// Two-phase commit as Gray and Lamport wrote it down (TwoPhase, Consensus on Transaction Commit, 2004): resource managers
// that may abort as long as they have not prepared, a manager of the transaction, and messages that are never lost.

type Manager = 'working' | 'prepared' | 'committed' | 'aborted'

export interface TwoPhase {
  readonly managers: readonly Manager[]
  readonly coordinator: 'init' | 'committed' | 'aborted'
  /** Whom the coordinator has heard of. */
  readonly heard: readonly boolean[]
  /** Who has sent that it is prepared. */
  readonly sent: readonly boolean[]
  readonly order: 'none' | 'commit' | 'abort'
}

export interface Act {
  readonly actor: string
  readonly name: string
  readonly to?: string
  readonly next: TwoPhase
}

export function twoPhase(count: number): Model<TwoPhase, Act> {
  const all = <Value>(value: Value): readonly Value[] => Array.from({ length: count }, () => value)
  return {
    init: [{ managers: all('working'), coordinator: 'init', heard: all(false), sent: all(false), order: 'none' }],
    actions,
    next: (_, act) => act.next,
  }
}

function actions(state: TwoPhase): readonly Act[] {
  const { managers, coordinator, heard, sent, order } = state
  const acts: Act[] = []
  const actor = 'coordinator'
  if (coordinator === 'init') {
    const abort = { managers, coordinator: 'aborted', heard, sent, order: 'abort' } as const
    acts.push({ actor, name: 'aborts', next: abort })
    if (!heard.includes(false)) {
      acts.push({ actor, name: 'commits', next: { ...abort, coordinator: 'committed', order: 'commit' } })
    }
  }
  for (let index = 0; index < managers.length; index++) {
    if (coordinator === 'init' && sent[index]) {
      const next = { managers, coordinator, heard: put(heard, index, true), sent, order }
      acts.push({ actor, name: `hears of manager ${index}`, next })
    }
    actOf(state, index, acts)
  }
  return acts
}

function actOf({ managers, coordinator, heard, sent, order }: TwoPhase, index: number, acts: Act[]): void {
  const actor = `manager ${index}`
  if (managers[index] === 'working') {
    const prepared = put(managers, index, 'prepared')
    const next = { managers: prepared, coordinator, heard, sent: put(sent, index, true), order }
    acts.push({ actor, name: 'prepares', to: 'coordinator', next })
    const aborted = { managers: put(managers, index, 'aborted'), coordinator, heard, sent, order }
    acts.push({ actor, name: 'chooses to abort', next: aborted })
  }
  if (order === 'none') return
  const managed = put(managers, index, order === 'commit' ? 'committed' : 'aborted')
  acts.push({ actor, name: `hears ${order}`, next: { managers: managed, coordinator, heard, sent, order } })
}

/** A copy, as `with` makes it, and several times faster. */
function put<Item>(items: readonly Item[], index: number, item: Item): readonly Item[] {
  const copy = items.slice()
  copy[index] = item
  return copy
}

/** Resource managers are equals: in the order of all that is known of them. */
export function sortManagers(state: TwoPhase): TwoPhase {
  const { managers, heard, sent } = state
  const order = managers
    .map((manager, index) => ({ manager, index, key: `${manager} ${heard[index]} ${sent[index]}` }))
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ index }) => index)
  return {
    ...state,
    managers: order.map((index) => managers[index] ?? 'working'),
    heard: order.map((index) => heard[index] ?? false),
    sent: order.map((index) => sent[index] ?? false),
  }
}

export const consistent: Property<TwoPhase, Act> = always(
  'consistent',
  ({ managers }) => !(managers.includes('committed') && managers.includes('aborted')),
)

export const canEnd: Property<TwoPhase, Act> = alwaysPossible(
  'all have committed, or all have aborted',
  ({ managers }) =>
    managers.every((manager) => manager === managers[0] && (manager === 'committed' || manager === 'aborted')),
)
