export { type ChainFault, checkChain, checkLink, checkPlace, FIRST_LINK, type Link } from './chain.ts'
export { sha256 } from './digest.ts'
export { logName, subjectOf } from './log-name.ts'
export { type Header, headerOf, open, seal, sealAll } from './seal.ts'
