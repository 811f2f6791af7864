import type { StandardSchemaV1 } from '../chart/index.ts'

// Which phases and steps a service has is known at run time only, so the types of the chart's builder cannot follow them.
// This is the same builder, without them.

/** What a step gets. */
export interface OpenContext<Deps, Input> {
  readonly deps: Deps
  readonly subject: string
  readonly input: Input
  readonly from: string
  readonly signal: AbortSignal
  drained(phase: string): Promise<void>
}

export interface OpenStep<Deps, Input> {
  readonly run: (context: OpenContext<Deps, Input>) => unknown
  readonly compensate?: (context: OpenContext<Deps, Input>) => unknown
  readonly timeout?: string | number
  readonly retry?: { readonly attempts: number }
  readonly irreversible?: true
}

export interface OpenFlip<Deps, Input> {
  from(...phases: readonly string[]): OpenFlip<Deps, Input>
  to(phase: string): OpenFlip<Deps, Input>
  input(schema: StandardSchemaV1<Input>): OpenFlip<Deps, Input>
  step(name: string, options: OpenStep<Deps, Input>): OpenFlip<Deps, Input>
  timeout(timeout: string | number): OpenFlip<Deps, Input>
  preempt(): OpenFlip<Deps, Input>
}

export interface OpenChart<Deps, Input> {
  phase(name: string, options?: { readonly initial?: true; readonly final?: true }): OpenChart<Deps, Input>
  flip(name: string, declare: (f: OpenFlip<Deps, Input>) => OpenFlip<Deps, Input>): OpenChart<Deps, Input>
  build(): unknown
}
