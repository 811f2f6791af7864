export { fileCheckpoints, readCheckpoints } from './checkpoints.ts'
export { readFileSink, readFileSinkStart } from './read.ts'
