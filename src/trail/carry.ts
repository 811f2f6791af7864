import { unreachable } from '../base/index.ts'
import { type Trouble, worse } from './trouble.ts'

/** What a bookmark says, with the text that says it; `undefined` when nothing is kept. */
export interface Kept {
  readonly text: string | undefined
}

/** Where the carrying of loads to a sink stands. */
export type Place<K extends Kept, Load> =
  /** Nobody knows how far the sink is. */
  | { readonly type: 'unknown' }
  /** The sink has all that was fetched. `withheldAt`: since when (wall ms) there is more that is not given yet. */
  | { readonly type: 'ready'; readonly kept: K; readonly withheldAt: number | undefined }
  /** The sink is to get this, as often as it takes. */
  | { readonly type: 'holding'; readonly kept: K; readonly load: Load }
  /** The sink has it; the bookmark is to say so. */
  | Written<K, Load>
  /** Whether the bookmark was moved is not known. */
  | (Omit<Written<K, Load>, 'type'> & { readonly type: 'doubtful' })

interface Written<K extends Kept, Load> {
  readonly type: 'written'
  readonly kept: K
  readonly load: Load
  /** What the bookmark is to say. */
  readonly to: K
}

/** All that is known of one sink. */
export interface Carriage<K extends Kept, Load> {
  readonly place: Place<K, Load>
  readonly trouble: Trouble | undefined
  readonly failures: number
}

/** What is to be done next. */
export type Action<K extends Kept, Load> =
  | { readonly type: 'read' }
  | { readonly type: 'fetch'; readonly kept: K }
  | { readonly type: 'write'; readonly kept: K; readonly load: Load }
  | { readonly type: 'move'; readonly from: string | undefined; readonly to: string }

/** What fetching found. `kept`: where to go on, which nobody has to be told. */
export type Fetched<K extends Kept, Load> =
  | { readonly type: 'load'; readonly load: Load }
  | { readonly type: 'nothing'; readonly kept: K; readonly withheld: boolean; readonly waitMs: number }

/** What an answer leads to. `overtaken`: another has moved the bookmark. */
export interface Learned<K extends Kept, Load> {
  readonly carriage: Carriage<K, Load>
  readonly news: { readonly type: 'delivered'; readonly load: Load } | { readonly type: 'overtaken' } | undefined
}

/** Nothing is known yet. */
export function fresh<K extends Kept, Load>(): Carriage<K, Load> {
  return { place: { type: 'unknown' }, trouble: undefined, failures: 0 }
}

/** What must happen now. */
export function next<K extends Kept, Load>(place: Place<K, Load>): Action<K, Load> {
  switch (place.type) {
    case 'unknown':
    case 'doubtful':
      return { type: 'read' }
    case 'ready':
      return { type: 'fetch', kept: place.kept }
    case 'holding':
      return { type: 'write', kept: place.kept, load: place.load }
    case 'written':
      return { type: 'move', from: place.kept.text, to: place.to.text ?? '' }
    default:
      return unreachable(place)
  }
}

/** The bookmark was read. It settles a doubt. */
export function afterRead<K extends Kept, Load>(carriage: Carriage<K, Load>, kept: K): Learned<K, Load> {
  const { place } = carriage
  if (place.type !== 'doubtful') return works(carriage, ready(kept))
  if (kept.text === place.to.text) return works(carriage, ready(place.to), { type: 'delivered', load: place.load })
  // It was not moved, and that is to be tried again: nothing has worked yet. Whether another has moved it shows then.
  return { carriage: { ...carriage, place: { ...place, type: 'written' } }, news: undefined }
}

/** A load was fetched at wall time `now`, or there was none. */
export function afterFetch<K extends Kept, Load>(
  carriage: Carriage<K, Load>,
  found: Fetched<K, Load>,
  now: number,
): Learned<K, Load> {
  const { place } = carriage
  if (place.type !== 'ready') return { carriage, news: undefined }
  if (found.type === 'load') return works(carriage, { type: 'holding', kept: place.kept, load: found.load })
  const withheldAt = found.withheld ? (place.withheldAt ?? now) : undefined
  return works(carriage, { type: 'ready', kept: found.kept, withheldAt })
}

/** The sink has kept the load. */
export function afterWrite<K extends Kept, Load>(carriage: Carriage<K, Load>, to: K): Learned<K, Load> {
  const { place } = carriage
  if (place.type !== 'holding') return { carriage, news: undefined }
  return works(carriage, { ...place, type: 'written', to })
}

/** The bookmark was moved; or not, since another had done so. */
export function afterMove<K extends Kept, Load>(carriage: Carriage<K, Load>, isMoved: boolean): Learned<K, Load> {
  const { place } = carriage
  if (place.type !== 'written') return { carriage, news: undefined }
  if (!isMoved) return works(carriage, { type: 'unknown' }, { type: 'overtaken' })
  return works(carriage, ready(place.to), { type: 'delivered', load: place.load })
}

/** Something failed: it is to be tried again. Whether a bookmark was moved is asked before it is moved again. */
export function afterFailure<K extends Kept, Load>(
  carriage: Carriage<K, Load>,
  cause: string,
  now: number,
): Carriage<K, Load> & { readonly trouble: Trouble } {
  const { place, trouble, failures } = carriage
  return {
    place: place.type === 'written' ? { ...place, type: 'doubtful' } : place,
    trouble: worse(trouble, cause, now),
    failures: failures + 1,
  }
}

/** Another may have gone on meanwhile: what was known of the bookmark is worth nothing. */
export function forgotten<K extends Kept, Load>(carriage: Carriage<K, Load>): Carriage<K, Load> {
  return { ...carriage, place: { type: 'unknown' } }
}

/** What was tried has worked. */
function works<K extends Kept, Load>(
  { failures }: Carriage<K, Load>,
  place: Place<K, Load>,
  news?: Learned<K, Load>['news'],
): Learned<K, Load> {
  return { carriage: { place, trouble: undefined, failures }, news }
}

function ready<K extends Kept, Load>(kept: K): Place<K, Load> {
  return { type: 'ready', kept, withheldAt: undefined }
}
