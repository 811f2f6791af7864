/** What a port promises, as its documentation numbers it. */
export interface PortPromise {
  readonly promise: number
  readonly text: string
  /** Why no case of the suite shows it; undefined where one does. */
  readonly unshown?: string | undefined
}
