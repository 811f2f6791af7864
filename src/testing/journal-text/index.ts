export { type MaskedOptions, masked, maskedLines } from './masked.ts'
