import { type AnyChart, chart } from '../../src/chart/index.ts'

type Given = readonly unknown[]

/** The builder as JavaScript sees it: what the types forbid can be said. */
export interface UntypedFlip {
  from(...given: Given): UntypedFlip
  to(...given: Given): UntypedFlip
  input(...given: Given): UntypedFlip
  allow(...given: Given): UntypedFlip
  allowAnyone(): UntypedFlip
  guard(...given: Given): UntypedFlip
  step(...given: Given): UntypedFlip
  transact(...given: Given): UntypedFlip
  confirm(...given: Given): UntypedFlip
  timeout(...given: Given): UntypedFlip
  recover(...given: Given): UntypedFlip
  exclusive(...given: Given): UntypedFlip
  preempt(...given: Given): UntypedFlip
}

export interface UntypedChart {
  deps(): UntypedChart
  transaction(): UntypedChart
  phase(...given: Given): UntypedChart
  operators(...given: Given): UntypedChart
  flip(name: unknown, declare: unknown | ((f: UntypedFlip) => unknown)): UntypedChart
  build(): AnyChart
}

export const untyped: (...given: Given) => UntypedChart = chart as unknown as (...given: Given) => UntypedChart

/** A chart of two phases that is valid, with one flip `go` from "a" to "b" to be declared further. */
export function withFlip(declare: (f: UntypedFlip) => unknown): UntypedChart {
  return twoPhases().flip('go', (f: UntypedFlip) => declare(f.from('a').to('b')))
}

export function twoPhases(): UntypedChart {
  return untyped('c', { version: 1 }).phase('a', { initial: true }).phase('b', { final: true })
}

export const nothing = (): void => undefined
