import { crash } from './crash/index.ts'
import { drain } from './drain/index.ts'

// The two things that this library is for, on real processes. Ends with code 0 only if both came out well.

const nothingLost = await drain()
const nothingHalfDone = await crash()
process.exitCode = nothingLost && nothingHalfDone ? 0 : 1
