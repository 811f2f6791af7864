import { writeFileSync } from 'node:fs'
import type { Results } from '../../scripts/ci/count.ts'
import type { Judgement } from './check/index.ts'
import type { Told } from './crew.ts'
import type { Evidence } from './evidence.ts'
import { readingOf } from './evidence.ts'
import { grouped } from './grouped.ts'
import { Tally } from './tally.ts'

const MOST_PROBLEMS = 10

/** What was asked and answered, what the journal and the ledger hold: counts, line by line. */
export function countsOf(told: Told, evidence: Evidence): readonly string[] {
  const answers = new Tally()
  const refused = new Tally()
  for (const { answer } of told.acknowledged) {
    if (answer.type === 'refused') refused.add(answer.code)
    else answers.add('replayed' in answer && answer.replayed ? `${answer.type} (replayed)` : answer.type)
  }
  const kinds = new Tally()
  const { records, stories } = readingOf(evidence)
  for (const all of records.values()) for (const { kind } of all) kinds.add(kind)
  const verdicts = new Tally()
  for (const { verdict } of evidence.ledger) verdicts.add(verdict)
  const keyed = [...stories.values()].filter(({ requested }) => requested.key !== undefined)
  const keys = grouped(keyed, ({ subject, requested }) => `${subject} ${requested.key}`)
  return [
    `calls: ${told.asked} asked, ${told.acknowledged.length} answered, the others' callers died`,
    `answers: ${answers}`,
    `refused: ${refused}`,
    `journal: ${evidence.chronicles.length} subjects; ${kinds}`,
    `keys: ${keys.size}, with ${keyed.length} attempts`,
    `ledger: ${verdicts}; in transactions ${evidence.sales.length}`,
    `besides: ${told.noted}`,
  ]
}

export function linesOf(judgements: readonly Judgement[]): readonly string[] {
  return judgements.flatMap(({ name, looked, problems }) => [
    `${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${looked} looked at)`,
    ...problems.slice(0, MOST_PROBLEMS).map((problem) => `       ${problem}`),
    ...(problems.length > MOST_PROBLEMS ? [`       and ${problems.length - MOST_PROBLEMS} more`] : []),
  ])
}

/** As the tests leave their results, so that these are counted with them. */
export function writeResults(file: string, judgements: readonly Judgement[]): void {
  const results: Results = {
    testResults: [
      {
        name: 'test/chaos',
        status: judgements.some(({ problems }) => problems.length > 0) ? 'failed' : 'passed',
        assertionResults: judgements.map(({ name, problems }) => ({
          fullName: `chaos: ${name}`,
          status: problems.length === 0 ? 'passed' : 'failed',
        })),
      },
    ],
  }
  writeFileSync(file, JSON.stringify(results))
}

/** Everything that was judged. */
export function writeEvidence(file: string, evidence: Evidence): void {
  const { records } = readingOf(evidence)
  const { ledger, sales, acknowledged } = evidence
  writeFileSync(file, JSON.stringify({ records: Object.fromEntries(records), ledger, sales, acknowledged }))
}
