import { play } from './story.ts'

console.log('An API is paid and searched all the time, and gets a new version that fails.\n')
const findings = await play()
console.log()
for (const { holds, text } of findings) console.log(`${holds ? '✔' : '✘'} ${text}`)
process.exitCode = findings.every(({ holds }) => holds) ? 0 : 1
