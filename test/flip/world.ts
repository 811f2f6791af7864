// What really happened: the resources that the steps act on, one for each. They check the token, as far as they can.

/** An effect that took place, as `f1+a` (step a of flip f1 ran) or `f1-a` (it was undone). */
export interface Effect {
  readonly flipId: string
  readonly type: 'run' | 'undo'
  readonly step: string
}

/** Kept once by `Known`: equal worlds are one object. */
export interface World extends Scene {
  readonly id: number
}

export interface Scene {
  /** In the order in which they took place. */
  readonly effects: readonly Effect[]
  /** The newest epoch that the resource of a step has heard of. */
  readonly seen: Readonly<Record<string, number>>
}

export const UNTOUCHED: Scene = { effects: [], seen: {} }

/** A resource refuses an epoch older than it has seen: then undefined. */
export function act(
  world: World,
  effect: Effect,
  by: { readonly epoch: number; readonly isRepeatable: boolean },
): Scene | undefined {
  const { step } = effect
  if (by.epoch < (world.seen[step] ?? 0)) return undefined
  const isRepeat = by.isRepeatable && world.effects.some((earlier) => isSame(earlier, effect))
  const effects = isRepeat ? world.effects : [...world.effects, effect]
  return { effects, seen: { ...world.seen, [step]: by.epoch } }
}

/** A transaction's effect: its store keeps it, or takes it back. It knows of no token and of no step key. */
export function commit({ effects, seen }: World, effect: Effect): Scene {
  return { effects: [...effects, effect], seen }
}

/** Whether both have the same step key. */
export function isSame(one: Effect, other: Effect): boolean {
  return one.flipId === other.flipId && one.type === other.type && one.step === other.step
}

/** What was done and undone in a flip, in order. */
export function effectsOf(world: World, flipId: string, type: Effect['type']): readonly string[] {
  return world.effects.filter((effect) => effect.flipId === flipId && effect.type === type).map((effect) => effect.step)
}
