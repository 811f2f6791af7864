import { play } from './story.ts'

const url = process.env.DATABASE_URL

if (url === undefined) {
  console.error('Set DATABASE_URL to a PostgreSQL that may be played with: everything is done in a schema of its own.')
  process.exitCode = 2
} else {
  console.log('customer.name becomes given_name and family_name. Two processes write and read all the time.\n')
  const findings = await play(url)
  console.log()
  for (const { holds, text } of findings) console.log(`${holds ? '✔' : '✘'} ${text}`)
  process.exitCode = findings.every(({ holds }) => holds) ? 0 : 1
}
