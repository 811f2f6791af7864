import { formatMs } from '../base/index.ts'
import type { FlipSpec, PhaseSpec, StepSpec } from '../chart/index.ts'
import type { MachineNotes } from '../chart/machine/index.ts'

/** What `toMachine` says of a flip, as the `meta` of its transitions. */
export interface FlipMeta {
  readonly flip: string
  /** Where the flip goes by itself: how long after the phase was entered. */
  readonly afterMs: number | undefined
  /** Whether it takes an input. */
  readonly input: boolean
  /** Roles that may ask for it; empty where the flip names none. */
  readonly roles: readonly string[]
  /** `policy`: a rule of the house, which `breakGlass` passes. */
  readonly guards: readonly { readonly name: string; readonly policy: boolean }[]
  readonly steps: readonly StepMeta[]
  readonly confirms: readonly { readonly name: string; readonly withinMs: number }[]
  readonly timeoutMs: number
  readonly exclusive: readonly string[]
  readonly preempt: boolean
}

/** What is said of a step. */
export interface StepMeta {
  readonly name: string
  /** Whether it has a compensation. */
  readonly undone: boolean
  readonly irreversible: boolean
  readonly once: boolean
  /** Whether it is a transaction of the journal's database. */
  readonly transaction: boolean
}

/** What `toMachine` says of a phase, as the `meta` of its state. */
export interface PhaseMeta {
  readonly phase: string
  readonly initial: boolean
  readonly final: boolean
  readonly timers: readonly { readonly flip: string; readonly afterMs: number }[]
}

/** Texts that Stately shows with states and transitions, and the same as data. */
export const NOTES: MachineNotes<PhaseSpec, FlipSpec> = {
  phase: (phase) => ({
    tags: [...(phase.initial ? ['initial'] : []), ...(phase.final ? ['final'] : [])],
    ...(phase.after.length === 0 ? {} : { description: phase.after.map(timerText).join('\n') }),
    meta: metaOfPhase(phase),
  }),
  flip: (flip, delay) => {
    const lines = [...(delay === undefined ? [] : [timerText(delay)]), ...linesOf(flip)]
    return {
      ...(lines.length === 0 ? {} : { description: lines.join('\n') }),
      meta: metaOfFlip(flip, delay?.afterMs),
    }
  },
}

function timerText({ flip, afterMs }: { readonly flip: string; readonly afterMs: number }): string {
  return `after ${formatMs(afterMs)}: ${flip}`
}

function linesOf(flip: FlipSpec): readonly string[] {
  return [
    ...(flip.allow.length === 0 ? [] : [`only ${flip.allow.join(', ')}`]),
    ...(flip.input === undefined ? [] : ['takes input']),
    ...flip.guards.map(({ name, policy }) => `${policy === undefined ? 'guard' : 'policy'}: ${name}`),
    ...flip.steps.map(stepText),
    ...flip.confirms.map(({ name, withinMs }) => `confirm: ${name}, within ${formatMs(withinMs)}`),
    ...(flip.exclusive.length === 0 ? [] : [`exclusive: ${flip.exclusive.join(', ')}`]),
    ...(flip.preempt ? ['cancels the flip in progress'] : []),
  ]
}

function stepText({ name, compensate, irreversible, once, atomic }: StepSpec): string {
  const said = [
    compensate === undefined ? undefined : 'with undo',
    irreversible ? 'irreversible' : undefined,
    once ? 'at most once' : undefined,
    atomic ? 'a transaction' : undefined,
  ].filter((word) => word !== undefined)
  return said.length === 0 ? `step: ${name}` : `step: ${name} (${said.join(', ')})`
}

function metaOfPhase({ name, initial, final, after }: PhaseSpec): PhaseMeta {
  return { phase: name, initial, final, timers: after.map(({ flip, afterMs }) => ({ flip, afterMs })) }
}

function metaOfFlip(flip: FlipSpec, afterMs: number | undefined): FlipMeta {
  return {
    flip: flip.name,
    afterMs,
    input: flip.input !== undefined,
    roles: flip.allow,
    guards: flip.guards.map(({ name, policy }) => ({ name, policy: policy !== undefined })),
    steps: flip.steps.map(({ name, compensate, irreversible, once, atomic }) => ({
      name,
      undone: compensate !== undefined,
      irreversible,
      once,
      transaction: atomic,
    })),
    confirms: flip.confirms.map(({ name, withinMs }) => ({ name, withinMs })),
    timeoutMs: flip.timeoutMs,
    exclusive: flip.exclusive,
    preempt: flip.preempt,
  }
}
