import { refuse } from '../../base/index.ts'
import { type Report, summary } from '../explore/index.ts'
import type { Judged } from './judged.ts'

/** Whether an exploration shows that all its properties hold; `holds-within-bounds` does not show it. */
export function judgeHeld(received: unknown): Judged {
  const report = isReport(received) ? received : refuse('what is expected', received, 'what explore(…) has answered')
  return {
    is: report.verdict === 'holds' ? 'so' : 'not so',
    who: 'the exploration',
    asked: 'hold',
    found: summary(report).split('\n'),
  }
}

function isReport(value: unknown): value is Report<unknown> {
  const given = value as Partial<Report<unknown>> | null | undefined
  return typeof given?.verdict === 'string' && typeof given.states === 'number' && Array.isArray(given.properties)
}
