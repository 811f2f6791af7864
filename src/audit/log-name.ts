import type { SubjectRef } from '../ports/index.ts'

/** The name of a subject's log: `chart/id`, with `%` and `/` inside either escaped, so that no two subjects share one. */
export function logName(subject: SubjectRef): string {
  return `${escaped(subject.chart)}/${escaped(subject.id)}`
}

/** The way back. */
export function subjectOf(log: string): SubjectRef {
  const slash = log.indexOf('/')
  return { chart: unescaped(log.slice(0, slash)), id: unescaped(log.slice(slash + 1)) }
}

function escaped(text: string): string {
  return /[%/]/.test(text) ? text.replaceAll('%', '%25').replaceAll('/', '%2F') : text
}

function unescaped(text: string): string {
  return text.replaceAll('%2F', '/').replaceAll('%25', '%')
}
