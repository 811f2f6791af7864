import { describe, known, messageOf, refuse } from '../base/index.ts'
import { deny, type GuardContext, type Policy, policy } from '../chart/index.ts'

/** Options of `errorBudget(options)`. */
export interface ErrorBudgetOptions<Context = GuardContext> {
  /** What is left of the error budget, as a fraction: 1 is all of it, less than 0 is overspent. */
  readonly remaining: number | ((context: Context) => number | PromiseLike<number>)
  /** What must be left: from 0 to 1. */
  readonly atLeast: number
}

const EXPECTED = 'a number up to 1'

/**
 * Refuses while too little of an error budget is left. A source that throws, or gives anything but a number up to 1, is a
 * no: what is not known is not enough.
 * @throws OPTION_INVALID naming the option
 * @example .guard('budget', errorBudget({ remaining: ({ deps }) => deps.slo.remaining(), atLeast: 0.25 }))
 */
export function errorBudget<Context extends GuardContext = GuardContext>(
  options: ErrorBudgetOptions<Context>,
): Policy<Context> {
  const given = known(options, 'error budget', ['remaining', 'atLeast'])
  const remaining = given.remaining as ErrorBudgetOptions<Context>['remaining']
  if (typeof remaining !== 'function' && !isBudget(remaining))
    refuse('remaining', remaining, `${EXPECTED}, or a function`)
  const atLeast = parseShare(given.atLeast, 'atLeast')
  return policy(async (context: Context) => {
    try {
      return verdict(typeof remaining === 'function' ? await remaining(context) : remaining, atLeast)
    } catch (error) {
      return deny(`the error budget is not known: ${messageOf(error)}`)
    }
  })
}

function verdict(left: unknown, atLeast: number): ReturnType<Policy> {
  if (!isBudget(left)) {
    const hint = typeof left === 'number' && left > 1 ? ' (a share, not a percentage)' : ''
    return deny(`the error budget is not known: its source says ${describe(left)}; it must be ${EXPECTED}${hint}`)
  }
  if (left >= atLeast) return true
  const found =
    left < 0 ? `the error budget is overspent by ${percent(-left)}` : `${percent(left)} of the error budget is left`
  return deny(`${found}; at least ${percent(atLeast)} is needed`)
}

function isBudget(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value <= 1
}

function parseShare(value: unknown, option: string): number {
  return isBudget(value) && value >= 0 ? value : refuse(option, value, 'a number from 0 to 1')
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`
}
