/** One thing that has a phase: its chart's name and its own. */
export interface SubjectRef {
  readonly chart: string
  readonly id: string
}
