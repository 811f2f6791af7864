import { rotate } from './story.ts'

console.log('k2 takes the place of k1, while tokens are issued and shown all the time.\n')
const findings = await rotate()
console.log()
for (const { holds, text } of findings) console.log(`${holds ? '✔' : '✘'} ${text}`)
process.exitCode = findings.every(({ holds }) => holds) ? 0 : 1
