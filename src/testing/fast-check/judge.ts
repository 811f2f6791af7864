import { isDeepStrictEqual } from 'node:util'
import type { AnyChart } from '../../chart/index.ts'
import { evolve, origin } from '../../flip/index.ts'
import type { Safe } from '../../gate/index.ts'
import type { Head, JournalRecord } from '../../ports/index.ts'
import type { PlayedCall } from '../simulate/index.ts'

/** What a caller was told. */
export interface Told {
  readonly key: string | undefined
  readonly answer: Safe<{ readonly flipId: string; readonly to: string }>
}

/** What a run has left so far. */
export interface Left {
  readonly chart: AnyChart
  readonly head: Head
  readonly history: readonly JournalRecord[]
  readonly calls: readonly PlayedCall[]
  readonly told: readonly Told[]
}

/** What of the promises of the library does not hold; nothing, where all does. Pure. */
export function problemsOf(left: Left): readonly string[] {
  return [...unlawful(left), ...unfolded(left), ...notUndone(left), ...unstable(left), ...misled(left)]
}

/** The phase changes by legal flips alone, one at a time. */
function unlawful({ chart, history }: Left): readonly string[] {
  const problems: string[] = []
  let phase = chart.initial
  let running: string | undefined
  for (const record of history) {
    if (record.kind === 'requested') {
      if (running !== undefined) problems.push(`record ${record.n}: "${record.flip}" begins while another flip goes on`)
      running = record.flipId
    }
    if (record.kind === 'rolledBack' || record.kind === 'committed') running = undefined
    if (record.kind !== 'committed') continue
    const to = chart.table[phase]?.[record.flip]
    if (to !== record.to) problems.push(`record ${record.n}: "${record.flip}" leads from "${phase}" to "${record.to}"`)
    phase = record.to
  }
  return problems
}

/** The head is what its history says. */
function unfolded({ chart, head, history }: Left): readonly string[] {
  const stamp = { version: chart.version, fingerprint: chart.fingerprint }
  const folded = history.reduce(evolve, origin(stamp, chart.initial))
  const { chart: _, ...said } = folded
  const { chart: __, ...kept } = head
  if (isDeepStrictEqual({ ...said }, { ...kept })) return []
  return [`the head, in "${head.phase}" at ${head.version}, is not what its history comes to: "${folded.phase}"`]
}

/** What was rolled back has undone every step that began, whether or not it is known to have ended. */
function notUndone({ chart, history, calls }: Left): readonly string[] {
  return history.flatMap((record) => {
    if (record.kind !== 'rolledBack') return []
    const own = calls.filter(({ flipId }) => flipId === record.flipId)
    const steps = chart.flips.get(record.flip)?.steps ?? []
    return steps
      .filter(({ compensate, atomic }) => compensate !== undefined && !atomic)
      .filter(({ name }) => {
        const began = own.findLastIndex(({ part }) => part.kind === 'step' && part.name === name)
        const isUndone = ({ part, ended }: PlayedCall): boolean =>
          part.kind === 'undo' && part.name === name && ended === 'returned'
        return began !== -1 && !own.slice(began).some(isUndone)
      })
      .map(({ name }) => `flip "${record.flip}" was rolled back; its step "${name}" began, and its undo was never done`)
  })
}

/** One key, one outcome. */
function unstable({ told }: Left): readonly string[] {
  const outcomes = new Map<string, string>()
  return told.flatMap(({ key, answer }) => {
    if (key === undefined || !answer.success) return []
    const { flipId } = answer.data
    const earlier = outcomes.get(key) ?? flipId
    outcomes.set(key, earlier)
    return earlier === flipId ? [] : [`key "${key}" was answered by two flips: ${earlier} and ${flipId}`]
  })
}

/** Who was told that a flip is committed was told the truth. */
function misled({ told, history }: Left): readonly string[] {
  const committed = new Map(
    history.flatMap((record) => (record.kind === 'committed' ? [[record.flipId, record.to] as const] : [])),
  )
  return told.flatMap(({ answer }) =>
    answer.success && committed.get(answer.data.flipId) !== answer.data.to
      ? [`a caller was told of "${answer.data.to}" by ${answer.data.flipId}, and no such flip has committed`]
      : [],
  )
}
