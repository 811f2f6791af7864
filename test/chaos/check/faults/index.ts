import { ANSWER_FAULTS } from './answers.ts'
import { EFFECT_FAULTS } from './effects.ts'
import { JOURNAL_FAULTS } from './journal.ts'
import { KEY_FAULTS } from './keys.ts'
import type { Fault } from './plant.ts'

export const FAULTS: readonly Fault[] = [...JOURNAL_FAULTS, ...ANSWER_FAULTS, ...KEY_FAULTS, ...EFFECT_FAULTS]
