export type { GuardAnswer } from '../chart/index.ts'
