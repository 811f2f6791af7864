import { type Change, next, outputsOf, type Plan, unfold } from '../../src/flip/protocol.ts'
import type { Body, FlipState } from '../../src/ports/index.ts'
import { REAL, type Rules } from './rules.ts'
import type { SETTINGS } from './settings.ts'

/** Rules with one mistake in them, a world in which it does harm, and the invariant that it breaks. */
export interface Broken {
  readonly mistake: string
  readonly rules: Partial<Rules>
  readonly setting: keyof typeof SETTINGS
  readonly breaks: string
}

type Turned = Extract<Body, { kind: 'turned' }>

/** The real `unfold`, but every `turned` that it would write is written otherwise. */
function turningWith(order: (turned: Turned, flip: FlipState | undefined) => readonly string[]): Rules['unfold'] {
  return (head, happened, plan, place) => {
    let all: Change = unfold(head, [], undefined, place)
    const write = (body: Body): void => {
      const written = body.kind === 'turned' ? { ...body, undo: order(body, all.head.flip) } : body
      const { records, head: after, flip, settled } = unfold(all.head, [written], undefined, place)
      all = {
        records: [...all.records, ...records],
        head: after,
        flip: flip ?? all.flip,
        since: head.since,
        settled: settled ?? all.settled,
        forget: undefined,
        drop: undefined,
      }
    }
    for (const body of happened) write(body)
    while (plan !== undefined && all.head.flip !== undefined) {
      const action = next(all.head.flip, plan)
      if (action.type !== 'write') break
      write(action.body)
    }
    return all
  }
}

function onlyDone({ undo }: Turned, flip: FlipState | undefined): readonly string[] {
  const done = flip === undefined ? {} : outputsOf(flip)
  return undo.filter((step) => step in done)
}

const reportingTurned: Rules['report'] = (flip, plan, work, outcome) => {
  const body = REAL.report(flip, plan, work, outcome)
  if (body.kind !== 'stuck' || body.doing === 'undo') return body
  return { kind: 'turned', flipId: flip.id, failure: body.failure, undo: undoOf(flip, plan) }
}

function undoOf(flip: FlipState, { steps }: Plan): readonly string[] {
  const undoable = steps.slice(0, flip.done.length).filter((step) => step.compensate !== undefined)
  return undoable.map(({ name }) => name).reverse()
}

/** The plan as one would read it who knows of no transactions. */
function asEffects<P extends Plan | undefined>(plan: P): P {
  return plan && { ...plan, steps: plan.steps.map((step) => ({ ...step, atomic: false })) }
}

const knowingNoTransactions: Partial<Rules> = {
  next: (flip, plan) => REAL.next(flip, asEffects(plan)),
  report: (flip, plan, work, outcome) => REAL.report(flip, asEffects(plan), work, outcome),
  adopt: (flip, plan, owner) => REAL.adopt(flip, asEffects(plan), owner),
  unfold: (head, happened, plan, place) => REAL.unfold(head, happened, asEffects(plan), place),
}

export const BROKEN: readonly Broken[] = [
  {
    mistake: 'the store checks neither version nor epoch',
    rules: { accepts: () => true },
    setting: 'plain',
    breaks: 'records are numbered without a gap',
  },
  {
    mistake: 'an owner that came too late reads the new head, and writes on',
    rules: { leavesWhenFenced: false },
    setting: 'plain',
    breaks: 'no append of an older epoch is accepted',
  },
  {
    mistake: 'the store forgets its operation ids',
    rules: { knowsOpIds: false },
    setting: 'a lost answer',
    breaks: 'a flip commits only when every step was done',
  },
  {
    mistake: 'steps are undone in forward order',
    rules: { unfold: turningWith(({ undo }) => undo.toReversed()) },
    setting: 'plain',
    breaks: 'steps are undone in reverse order',
  },
  {
    mistake: 'only completed steps are undone, not the one in doubt',
    rules: { unfold: turningWith(onlyDone) },
    setting: 'plain',
    breaks: 'a flip rolls back only when every step with an undo that was done, or may have been, is undone',
  },
  {
    mistake: 'an adoption forgets what the dead owner may have begun',
    rules: {
      adopt: (flip, plan, owner) =>
        REAL.adopt(flip, plan, owner).map((body) => (body.kind === 'adopted' ? { ...body, doubt: undefined } : body)),
    },
    setting: 'plain',
    breaks: 'a flip rolls back only when every step with an undo that was done, or may have been, is undone',
  },
  {
    mistake: 'the key is ignored',
    rules: {
      decide: (head, _settled, request, table) => REAL.decide(head, undefined, { ...request, key: undefined }, table),
    },
    setting: 'two callers',
    breaks: 'a settled outcome is only ever replaced by that of a later attempt, and a final one never',
  },
  {
    mistake: 'the input under a key is ignored',
    rules: {
      decide: (head, settled, request, table) => {
        const fingerprint = settled?.fingerprint ?? ''
        return REAL.decide(
          head,
          settled,
          request.key ? { ...request, key: { ...request.key, fingerprint } } : request,
          table,
        )
      },
    },
    setting: 'two callers, other inputs',
    breaks: 'one key stands for one request',
  },
  {
    mistake: 'a "once" step in doubt is run again after an adoption',
    rules: { adopt: (flip, plan, owner) => REAL.adopt(flip, plan, owner).slice(0, 1) },
    setting: 'once in the middle',
    breaks: 'a "once" step takes effect at most once',
  },
  {
    mistake: 'an adoption puts a transaction in doubt, and undoes what never happened',
    rules: knowingNoTransactions,
    setting: 'a transaction in the middle',
    breaks: 'a transaction has had its effect exactly when it is recorded',
  },
  {
    mistake: 'what a transaction wrote stays, though its append was refused',
    rules: { takesBack: false },
    setting: 'a transaction in the middle',
    breaks: 'a transaction has had its effect exactly when it is recorded',
  },
  {
    mistake: 'a failure past the point of no return rolls back',
    rules: { report: reportingTurned },
    setting: 'irreversible in the middle',
    breaks: 'nothing is undone past the point of no return',
  },
  {
    mistake: 'an adoption keeps the epoch',
    rules: { adoptedEpoch: (epoch) => epoch },
    setting: 'plain',
    breaks: 'a flip has one owner at a time',
  },
  {
    mistake: 'a confirm that passed is recorded upon a cancel that came between',
    rules: { looksAgain: false },
    setting: 'a confirm',
    breaks: 'a cancel that was accepted is honoured',
  },
  {
    mistake: 'an undo that failed counts as done',
    rules: {
      report: (flip, plan, work, outcome) =>
        work.type === 'undo'
          ? { kind: 'undone', flipId: flip.id, step: work.step }
          : REAL.report(flip, plan, work, outcome),
    },
    setting: 'plain',
    breaks: 'a flip rolls back only when every step with an undo that was done, or may have been, is undone',
  },
  {
    mistake: 'an order to resolve a stuck flip is not written down',
    rules: { resolve: () => [] },
    setting: 'plain',
    breaks: 'every flip can settle',
  },
]
