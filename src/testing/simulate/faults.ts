import { keyOf, type PartName } from './parts.ts'

/** What goes wrong in a part of a flip. */
export type Fault =
  /** It throws; `late`: after it has done its work. */
  | { readonly type: 'fail'; readonly error: unknown; readonly late: boolean }
  /** It does nothing, and never answers. */
  | { readonly type: 'hang' }
  | { readonly type: 'slow'; readonly ms: number }
  | { readonly type: 'crash'; readonly when: 'before' | 'after' }

interface Planned {
  readonly fault: Fault
  left: number
}

/** What shall go wrong, by part: the last that was planned for it, as often as it was planned. */
export class Faults {
  readonly #planned = new Map<string, Planned>()

  plan(parts: readonly PartName[], fault: Fault, times: number): void {
    for (const part of parts) this.#planned.set(keyOf(part), { fault, left: times })
  }

  heal(parts: readonly PartName[]): void {
    for (const part of parts) this.#planned.delete(keyOf(part))
  }

  healAll(): void {
    this.#planned.clear()
  }

  /** What goes wrong in the call that begins now. */
  take(part: PartName): Fault | undefined {
    const planned = this.#planned.get(keyOf(part))
    if (planned === undefined || planned.left === 0) return undefined
    planned.left--
    return planned.fault
  }
}
