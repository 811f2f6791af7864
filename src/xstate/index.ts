export {
  type Behaviours,
  type BehaviourTypes,
  type FlipsOfMachine,
  fromMachine,
  type PhasesOfMachine,
} from './from-machine.ts'
export { type InspectionObserver, inspect } from './inspect.ts'
export type { FlipMeta, PhaseMeta, StepMeta } from './notes.ts'
export { type FlipRequest, type PhaseActorLogic, type PhaseActorOptions, phaseActor } from './phase-actor.ts'
export { type ChartMachine, type FlipEvent, toMachine } from './to-machine.ts'
