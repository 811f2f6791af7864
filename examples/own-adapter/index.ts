import { benches, type Verdict } from './caught.ts'

// What the suites make of adapters that are broken on purpose.

function row({ broken, breaks, caughtBy }: Verdict): string {
  const [first] = caughtBy.filter(({ promise }) => promise === breaks)
  const more = caughtBy.length > 1 ? `, and ${caughtBy.length - 1} more` : ''
  return `${first ? '✔' : '✘'} ${broken.padEnd(58)} ${String(breaks).padStart(2)}  ${first ? `${first.name}${more}` : 'not caught'}`
}

let missed = 0
for (const { port, cases, verdicts } of benches) {
  const found = await verdicts()
  console.log(
    `\n${port}: ${cases.length} cases, ${found.length} broken adapters; each, the promise it breaks, and what finds it`,
  )
  for (const verdict of found) console.log(row(verdict))
  missed += found.filter(({ breaks, caughtBy }) => !caughtBy.some(({ promise }) => promise === breaks)).length
}
console.log(missed === 0 ? '\n✔ every broken adapter was caught' : `\n✘ ${missed} broken adapters were not caught`)
process.exitCode = missed === 0 ? 0 : 1
