export { fileCheckpoints, readCheckpoints } from './checkpoints.ts'
export { readFileSink, readFileSinkBundles, readFileSinkStart } from './read.ts'
export { type FileSink, type FileSinkOptions, fileSink } from './sink.ts'
