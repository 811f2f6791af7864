export { fileCheckpoints, readCheckpoints } from './checkpoints.ts'
export { readFileSink, readFileSinkStart } from './read.ts'
export { type FileSink, type FileSinkOptions, fileSink } from './sink.ts'
