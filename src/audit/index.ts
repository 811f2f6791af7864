export { checkChain, checkPlace, FIRST_LINK, type Link } from './chain.ts'
export { sha256 } from './digest.ts'
export { logName, subjectOf } from './log-name.ts'
export { headerOf, open, seal, sealAll } from './seal.ts'
