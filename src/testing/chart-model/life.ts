import type { AnyChart, FlipSpec } from '../../chart/index.ts'
import { adopt, decide, isPastReturn, resolve, unfold } from '../../flip/index.ts'
import type { Body, FlipState } from '../../ports/index.ts'
import type { ChartAction } from './action.ts'
import type { Order, Settings } from './options.ts'
import { type ChartState, FLIP_ID, flipOf, headOf, OWNER, PLACE, spent, stampOf, stateAfter } from './state.ts'
import { worksOf } from './work.ts'

/** Everything that can happen to a subject of the chart. */
export class Life<World> {
  readonly #chart: AnyChart
  readonly #settings: Settings<World>

  constructor(chart: AnyChart, settings: Settings<World>) {
    this.#chart = chart
    this.#settings = settings
  }

  actions(state: ChartState<World>): readonly ChartAction<World>[] {
    const flip = flipOf(this.#chart, state)
    const ofFlip = flip === undefined ? this.#asks(state) : this.#ofFlip(state, flip)
    return [...ofFlip, ...this.#claim(state), ...this.#happens(state)]
  }

  #ofFlip(state: ChartState<World>, flip: FlipState): readonly ChartAction<World>[] {
    if (state.course === 'stuck') return this.#orders(state, flip)
    if (!state.owned) return [...this.#adopt(state, flip), ...this.#cancel(state, flip)]
    const works = worksOf({ chart: this.#chart, settings: this.#settings, spec: this.#spec(flip.flip), flip }, state)
    return [...works, ...this.#crash(state), ...this.#cancel(state, flip)]
  }

  /** Callers may ask for whatever is legal, timers for what is due; guards without a world may say yes or no. */
  #asks(state: ChartState<World>): readonly ChartAction<World>[] {
    const { phase, world } = state
    const legal = Object.keys(this.#chart.table[phase] ?? {}).filter((flip) => this.#passes(flip, world))
    return legal.flatMap((flip) => {
      const next = this.#request(state, flip, undefined)
      if (next === undefined) return []
      const asked: ChartAction<World>[] = [{ actor: 'a caller', name: `flips ${flip}`, owed: undefined, next }]
      const due = this.#request(state, flip, 0)
      if (due !== undefined) {
        asked.push({ actor: 'a timer', name: `flips ${flip}`, owed: `the timer of ${flip}`, next: due })
      }
      return [...asked, ...this.#askLate(state, flip)]
    })
  }

  #askLate(state: ChartState<World>, flip: string): readonly ChartAction<World>[] {
    if (state.left.late === 0 || state.asked !== undefined || this.#spec(flip).guards.length === 0) return []
    const next = { ...spent(state, 'late'), asked: flip }
    return [{ actor: 'a caller', name: `asks for ${flip}, and its guards say yes`, owed: undefined, next }]
  }

  /** The guards were asked some time ago; what is legal is decided now. */
  #claim(state: ChartState<World>): readonly ChartAction<World>[] {
    const { asked } = state
    if (asked === undefined) return []
    const open = { ...state, asked: undefined }
    const next = this.#request(open, asked, undefined)
    if (next !== undefined) return [{ actor: 'a caller', name: `flips ${asked} only now`, owed: undefined, next }]
    return [{ actor: 'a caller', name: `is refused ${asked}`, owed: undefined, next: open }]
  }

  #request(state: ChartState<World>, flip: string, timerAt: number | undefined): ChartState<World> | undefined {
    const head = headOf(this.#chart, state)
    const request = { flip, key: undefined, believed: undefined, timerAt }
    const decision = decide(head, undefined, request, this.#chart.table)
    if (decision.type !== 'go') return undefined
    const { from, to, attempt } = decision
    const nobody = { input: undefined, key: undefined, fingerprint: undefined, actor: undefined, trace: undefined }
    const body: Body = {
      kind: 'requested',
      flipId: FLIP_ID,
      flip,
      from,
      to,
      chart: stampOf(this.#chart),
      ...nobody,
      attempt,
      owner: OWNER,
      deadline: 0,
      breakGlass: undefined,
    }
    return this.#write({ ...state, flip, owned: true }, head, [body])
  }

  #passes(flip: string, world: World): boolean {
    return this.#spec(flip).guards.every(({ name }) => this.#settings.guards.get(`${flip}.${name}`)?.(world) ?? true)
  }

  #crash(state: ChartState<World>): readonly ChartAction<World>[] {
    if (state.left.crashes === 0) return []
    const next = { ...spent(state, 'crashes'), owned: false, trying: false }
    return [{ actor: 'the owner', name: 'crashes', owed: undefined, next }]
  }

  #adopt(state: ChartState<World>, flip: FlipState): readonly ChartAction<World>[] {
    const happened = adopt(flip, this.#spec(flip.flip), OWNER)
    const next = this.#write({ ...state, owned: true }, headOf(this.#chart, state), happened)
    return [{ actor: 'recovery', name: `adopts ${flip.flip}`, owed: 'recovery', next }]
  }

  #cancel(state: ChartState<World>, flip: FlipState): readonly ChartAction<World>[] {
    if (state.left.cancels === 0 || state.course !== 'forward' || state.cancelled) return []
    if (isPastReturn(flip, this.#spec(flip.flip))) return []
    const body: Body = { kind: 'cancelRequested', flipId: FLIP_ID, actor: undefined, reason: '' }
    const change = unfold(headOf(this.#chart, state), [body], undefined, PLACE)
    const next = stateAfter(spent(state, 'cancels'), change)
    return [{ actor: 'a caller', name: `cancels ${flip.flip}`, owed: undefined, next }]
  }

  #orders(state: ChartState<World>, flip: FlipState): readonly ChartAction<World>[] {
    const settles = { retry: [flip.to], skip: [flip.to], force: [flip.from, flip.to] }
    return this.#settings.orders.flatMap((how) =>
      settles[how].map((phase) => {
        const name = how === 'force' ? `forces it to ${phase}` : `orders ${how}`
        return { actor: 'an operator', name, owed: undefined, next: this.#ordered(state, flip, how, phase) } as const
      }),
    )
  }

  #ordered(state: ChartState<World>, flip: FlipState, how: Order, phase: string): ChartState<World> {
    const actor = { id: 'operator' }
    const order = { kind: 'resolved', flipId: FLIP_ID, how, actor, reason: '', owner: OWNER, deadline: 0 } as const
    const happened = resolve(flip, this.#spec(flip.flip), order, phase)
    return this.#write({ ...state, owned: true }, headOf(this.#chart, state), happened)
  }

  #happens(state: ChartState<World>): readonly ChartAction<World>[] {
    return this.#settings.events.flatMap(([name, event]) => {
      const world = event(state.world)
      if (world === undefined) return []
      return [{ actor: 'the world', name, owed: undefined, next: { ...state, world } } as const]
    })
  }

  #write(state: ChartState<World>, head: ReturnType<typeof headOf>, happened: readonly Body[]): ChartState<World> {
    const spec = this.#spec(state.flip ?? '')
    return stateAfter(state, unfold(head, happened, spec, PLACE))
  }

  #spec(flip: string): FlipSpec {
    return specOf(this.#chart, flip)
  }
}

function specOf({ flips }: AnyChart, flip: string): FlipSpec {
  const spec = flips.get(flip)
  if (spec === undefined) throw new TypeError(`the chart has no flip "${flip}"`)
  return spec
}
