import { impure } from './impure.ts'
import type { Told } from './model.ts'
import type { Trace } from './report.ts'
import type { Search } from './search.ts'
import { tell } from './tell.ts'

/** A run by numbers: where in `init` it begins, and which action each state takes to which one. */
export interface Run {
  readonly init: number
  /** `to` is -1 where the state was not kept: it is not compared then. */
  readonly moves: readonly { readonly index: number; readonly to: number }[]
  readonly loop: number | undefined
}

/** The shortest run to the state. */
export function runTo<State, Action>(search: Search<State, Action>, id: number): Run {
  const moves: { index: number; to: number }[] = []
  let to = id
  let { from, index } = search.cameTo(to)
  while (from !== -1) {
    moves.push({ index, to })
    to = from
    ;({ from, index } = search.cameTo(to))
  }
  return { init: index, moves: moves.reverse(), loop: undefined }
}

/** The trace of a run: no state was kept, so the model is run again. @throws MODEL_IMPURE when it runs otherwise now */
export function replay<State, Action>({ model, visited }: Search<State, Action>, run: Run): Trace<State> {
  const start = model.init[run.init] as State
  const steps: (Told & { readonly state: State })[] = []
  let state = start
  for (const { index, to } of run.moves) {
    const actions = model.actions(state)
    if (index >= actions.length) throw impure(toldIn(steps), 'an action that was possible is not possible any more')
    const action = actions[index] as Action
    state = model.next(state, action)
    steps.push({ ...tell(model, action), state })
    if (to !== -1 && visited.find(state) !== to) throw impure(toldIn(steps), 'it led to another state before')
  }
  return { start, steps, loop: run.loop }
}

function toldIn(steps: readonly Told[]): readonly string[] {
  return steps.map(({ actor, action }) => (actor === undefined ? action : `${actor} ${action}`))
}
