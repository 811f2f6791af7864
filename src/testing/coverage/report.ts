import { byKind, type ChartCoverage, type Coverage, type CoverageKind, KINDS } from './data.ts'

/** What was seen of what there is, of one kind or of all. */
export interface Share {
  readonly seen: number
  readonly of: number
  /** From 0 to 1; 1 where there is nothing to be seen. */
  readonly ratio: number
  readonly missed: readonly string[]
}

/** One chart, judged. */
export interface ChartReport {
  readonly chart: string
  readonly version: number
  readonly fingerprint: string
  readonly all: Omit<Share, 'missed'>
  readonly kinds: { readonly [Kind in CoverageKind]: Share }
}

/** What was seen of each chart and what was missed, by kind. */
export function report(data: Coverage): readonly ChartReport[] {
  return data.map((coverage) => {
    const { chart, version, fingerprint } = coverage
    const kinds = byKind((kind) => shareOf(coverage, kind))
    const sum = (count: (share: Share) => number): number =>
      KINDS.reduce((total, kind) => total + count(kinds[kind]), 0)
    const [seen, of] = [sum((share) => share.seen), sum((share) => share.of)]
    return { chart, version, fingerprint, all: { seen, of, ratio: ratioOf(seen, of) }, kinds }
  })
}

function shareOf({ outline, seen }: ChartCoverage, kind: CoverageKind): Share {
  const known = new Set(seen[kind])
  const missed = outline[kind].filter((name) => !known.has(name))
  const of = outline[kind].length
  return { seen: of - missed.length, of, ratio: ratioOf(of - missed.length, of), missed }
}

function ratioOf(seen: number, of: number): number {
  return of === 0 ? 1 : seen / of
}
