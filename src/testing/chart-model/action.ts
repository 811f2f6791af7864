import type { ChartState } from './state.ts'

/** What can happen to the subject: who does what, and what comes of it. */
export interface ChartAction<World = undefined, Phase extends string = string> {
  readonly actor: 'a caller' | 'a timer' | 'the owner' | 'recovery' | 'an operator' | 'the world'
  readonly name: string
  /** Who is owed that it happens; undefined: it need not. */
  readonly owed: string | undefined
  readonly next: ChartState<World, Phase>
}
