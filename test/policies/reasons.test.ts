import { readFileSync } from 'node:fs'
import type { Approval, GuardAnswer, GuardContext } from 'phasegate'
import {
  approvals,
  calmAfterRollback,
  dependsOn,
  errorBudget,
  freeze,
  prometheus,
  safeWindow,
} from 'phasegate/policies'
import { expect, test } from 'vitest'
import { asked, told } from './asked.ts'

const hours = { zone: 'Europe/Berlin', days: ['mon-thu'], from: '09:00', to: '16:00' } as const
const week = { until: '2026-12-27T06:00:00Z', owner: 'payments', reason: 'the busiest week' }
const holidays = { until: '2026-12-25T00:00:00Z', owner: 'sre', reason: 'holidays' }
const away = () => Promise.reject(new Error('connection refused'))
const orders = (phase: () => Promise<'old' | 'expanded' | 'migrated'>) =>
  dependsOn({ id: 'orders', phase }, 'expanded', 'migrated')
const by = (id: string, ...roles: readonly string[]): Approval => {
  return { flip: 'cutover', fingerprint: 'f', actor: { id, roles }, at: 0, until: Date.parse('2026-12-24T11:00Z') }
}
const noSeries: typeof fetch = async () =>
  new Response('{"status":"success","data":{"resultType":"vector","result":[]}}')

type Case = readonly [policy: (context: GuardContext) => GuardAnswer, how?: Partial<GuardContext>]

/** What the page says, by policies themselves; at 10:00 in Berlin on a Thursday unless they say otherwise. */
const CASES: Readonly<Record<string, Case>> = {
  'the window is closed': [safeWindow(hours), { at: Date.parse('2026-11-28T13:05Z') }],
  'the date is left out': [safeWindow({ ...hours, except: ['2026-12-24'] })],
  'it never opens': [safeWindow({ ...hours, days: ['mon'], except: [{ from: '2026-12-25', to: '2029-12-31' }] })],
  'a freeze holds': [freeze(week)],
  'several hold': [freeze([holidays, week])],
  'the freezes cannot be looked up': [freeze(away)],
  'too little is left': [errorBudget({ remaining: 0.125, atLeast: 0.25 })],
  'more than all is spent': [errorBudget({ remaining: -0.08, atLeast: 0.25 })],
  'the budget is no share': [errorBudget({ remaining: () => 35, atLeast: 0.25 })],
  'the budget cannot be read': [errorBudget({ remaining: away, atLeast: 0.25 })],
  'Prometheus has no number': [
    errorBudget({
      remaining: prometheus({ url: 'http://prometheus:9090', query: 'slo:budget', fetch: noSeries }),
      atLeast: 0.25,
    }),
  ],
  'it was rolled back': [
    calmAfterRollback('30m'),
    { rolledBack: [{ flip: 'cutover', at: Date.parse('2026-12-24T08:48Z') }] },
  ],
  'approvals are missing': [approvals(2, { roles: ['reviewer', 'chief'] }), { approvals: [by('lee', 'reviewer')] }],
  'some do not count': [
    approvals(2, { roles: ['reviewer'] }),
    { approvals: [by('kim', 'reviewer'), by('max', 'sre')] },
  ],
  'nobody asks': [approvals(2), { actor: undefined }],
  'the other is elsewhere': [orders(async () => 'old')],
  'the other cannot be read': [orders(away)],
}

/** What is no policy's own: said, with the same words, of every guard. */
const OF_ANY_GUARD = 'any guard is too slow'

const page = readFileSync(new URL('../../docs/policies.md', import.meta.url), 'utf8')
const rows = new Map(
  (page.split('\n## The reasons\n')[1] ?? '')
    .split('\n')
    .map((line) => /^\| (.+?) \| (.+) \|$/.exec(line))
    .flatMap((row) => (row === null || row[1] === 'when' ? [] : [[row[1] ?? '', row[2] ?? ''] as const])),
)

test('the page tells of each reason, and of no other', () => {
  expect([...rows.keys()]).toEqual([...Object.keys(CASES), OF_ANY_GUARD])
})

test.each(Object.entries(CASES))('%s: the page says what is said', async (when, [policy, how]) => {
  expect(await told(policy, asked('2026-12-24T09:00Z', how))).toBe(rows.get(when))
})
