import { play } from './story.ts'

const url = process.env.DATABASE_URL

if (url === undefined) {
  console.error('Set DATABASE_URL to a PostgreSQL that may be played with: everything is done in a schema of its own.')
  process.exitCode = 2
} else {
  const { emails, begunAtSigterm, begunInTheEnd, doneInTheEnd, exitCodes, sent, jobs } = await play(url)
  const distinct = new Set(sent.map(({ number }) => number)).size
  const done = jobs.filter(({ state, retries }) => state === 'completed' && retries === 0)
  const completed = done.reduce((sum, { count }) => sum + count, 0)
  const findings = [
    [begunInTheEnd === begunAtSigterm, `${begunInTheEnd - begunAtSigterm} jobs were begun after SIGTERM`],
    [doneInTheEnd === begunInTheEnd, `${begunInTheEnd - doneInTheEnd} of those begun were given up`],
    [exitCodes.every((code) => code === 0), `the workers exited with ${exitCodes.join(' and ')}`],
    [distinct === emails, `${emails} emails: ${emails - distinct} lost`],
    [sent.length === distinct, `${sent.length - distinct} sent twice`],
    [completed === emails, `${completed} jobs completed at the first attempt`],
  ] as const
  for (const [holds, text] of findings) console.log(`${holds ? '✔' : '✘'} ${text}`)
  process.exitCode = findings.every(([holds]) => holds) ? 0 : 1
}
