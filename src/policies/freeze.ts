import { known, messageOf, refuse } from '../base/index.ts'
import { deny, type GuardContext, type Policy, policy } from '../chart/index.ts'
import { type Moment, momentText, parseMoment } from './moment.ts'

/** A time in which nothing is flipped. It has an end, and somebody to ask. */
export interface Freeze {
  /** From then on it is over. */
  readonly until: Moment
  /** @default it has begun */
  readonly from?: Moment | undefined
  /** Who decided it, and can lift it. */
  readonly owner: string
  readonly reason: string
}

type Freezes = Freeze | readonly Freeze[]

/** A freeze, several, or where to look them up each time. */
export type FreezeSource<Context = GuardContext> = Freezes | ((context: Context) => Freezes | PromiseLike<Freezes>)

interface Span {
  readonly from: number
  readonly until: number
  readonly owner: string
  readonly reason: string
}

/** How many are told of. */
const MOST_TOLD = 3

/**
 * Refuses while a freeze holds, naming its owner and its end; one that has ended is passed without anybody removing it. A
 * function that throws, or gives anything but freezes, is a no.
 * @throws OPTION_INVALID for a freeze that is none
 * @example .guard('freeze', freeze({ until: '2026-12-27T06:00:00Z', owner: 'payments', reason: 'the busiest week' }))
 */
export function freeze<Context extends GuardContext = GuardContext>(source: FreezeSource<Context>): Policy<Context> {
  if (typeof source === 'function') {
    return policy(async (context: Context) => {
      try {
        return verdict(parseFreezes(await source(context)), context.at)
      } catch (error) {
        return deny(`whether there is a freeze is not known: ${messageOf(error)}`)
      }
    })
  }
  for (const one of Array.isArray(source) ? source : [source])
    known(one, 'freeze', ['until', 'from', 'owner', 'reason'])
  const freezes = parseFreezes(source)
  return policy(({ at }: Context) => verdict(freezes, at))
}

function verdict(freezes: readonly Span[], at: number): ReturnType<Policy> {
  const holding = freezes.filter(({ from, until }) => from <= at && at < until).sort((a, b) => b.until - a.until)
  if (holding.length === 0) return true
  const told = holding.slice(0, MOST_TOLD).map(({ until, owner, reason }) => {
    return `until ${momentText(until)} by ${owner}: ${reason}`
  })
  const more = holding.length - told.length
  return deny(`frozen ${told.join('; ')}${more === 0 ? '' : `; and ${more} more`}`)
}

function parseFreezes(value: unknown): readonly Span[] {
  if (Array.isArray(value)) return value.map((one: unknown, index) => parseFreeze(one, `freeze[${index}]`))
  return [parseFreeze(value, 'freeze')]
}

function parseFreeze(value: unknown, option: string): Span {
  if (typeof value !== 'object' || value === null) return refuse(option, value, '{ until, owner, reason }')
  // What is looked up may well say more than is needed here.
  const { from, until, owner, reason }: { readonly [Name in keyof Freeze]?: unknown } = value
  const span = {
    from: from === undefined || from === null ? Number.NEGATIVE_INFINITY : parseMoment(from, `${option}.from`),
    until: parseMoment(until, `${option}.until`),
    owner: parseText(owner, `${option}.owner`),
    reason: parseText(reason, `${option}.reason`),
  }
  return span.from < span.until ? span : refuse(`${option}.until`, until, 'later than from')
}

function parseText(value: unknown, option: string): string {
  return typeof value === 'string' && value.trim() !== '' ? value : refuse(option, value, 'text')
}
