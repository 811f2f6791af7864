import { type Moment, TRANSACTION } from '../simulate/index.ts'

/** What is done to the first owner, and at which of its moments. */
export interface Disturbance {
  readonly how: 'crash' | 'zombie'
  /** The number of the moment in its life, from 0. */
  readonly at: number
  /** As people read it, and as `only` names it. */
  readonly name: string
}

/** What makes a flip fail by itself. */
export interface Variant {
  /** Undefined where nothing does. */
  readonly fails: { readonly kind: 'step' | 'confirm'; readonly name: string } | undefined
  readonly name: string
}

/**
 * Where the first owner can be killed so that it makes a difference, and where it can be put to sleep. Between two
 * moments it only computes: to die after one is to die before the next. A call that is not waited for leaves it no time
 * to sleep.
 */
export function disturbancesOf(variant: Variant, moments: readonly Moment[], zombies: boolean): readonly Disturbance[] {
  const names = namesOf(moments)
  const plan =
    (how: Disturbance['how']) =>
    (moment: Moment, at: number): readonly Disturbance[] => {
      const isOne = how === 'crash' ? moment.when === 'after' || at === 0 : isAwaited(moments, at)
      return isOne ? [{ how, at, name: [variant.name, how, names[at]].filter((part) => part !== '').join(' › ') }] : []
    }
  return [...moments.flatMap(plan('crash')), ...(zombies ? moments.flatMap(plan('zombie')) : [])]
}

/**
 * Whether the call that the moment belongs to is waited for; that a step begins can always be put off. Who sleeps in an open
 * transaction keeps what it has locked: the next owner waits for it, or the store throws it out, and then it is dead.
 */
function isAwaited(moments: readonly Moment[], at: number): boolean {
  const moment = moments[at]
  if (isInTransaction(moments, at)) return false
  if (moment === undefined || moment.isAwaited !== undefined) return moment?.isAwaited === true
  const answered = moments.slice(at + 1).find(({ place, when }) => place === moment.place && when === 'after')
  return answered?.isAwaited === true || /^(step|confirm|the undo of) "[^"]*"$/.test(moment.place)
}

function isInTransaction(moments: readonly Moment[], at: number): boolean {
  const opened = moments.slice(0, at).findLast(({ place }) => place === TRANSACTION)
  return opened?.when === 'before' && moments[at]?.place !== TRANSACTION
}

/** `before lb.cordon() in step "cordon"`; of those that come again, with their number. */
function namesOf(moments: readonly Moment[]): readonly string[] {
  const seen = new Map<string, number>()
  return moments.map(({ place, when }) => {
    const name = `${when} ${place}`
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name} (${times})`
  })
}
