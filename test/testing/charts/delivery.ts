import type { Clock } from 'phasegate'

// What serves a release: the machines that run versions, and the balancer in front of them.

/** A moment on the wire. */
const wire = async (): Promise<void> => undefined

/** Refuses who comes with an older epoch than it has seen; who brings none is let through. */
function latest(): (epoch: number | undefined) => void {
  let seen = 0
  return (epoch) => {
    if (epoch === undefined) return
    if (epoch < seen) throw new Error(`epoch ${epoch} is over: ${seen} was seen`)
    seen = epoch
  }
}

/** How the traffic is shared, in percent. */
export class Balancer {
  weights = { stable: 100, canary: 0 }
  readonly #check = latest()

  async canary(percent: number, epoch?: number): Promise<void> {
    await wire()
    this.#check(epoch)
    this.weights = { stable: 100 - percent, canary: percent }
    await wire()
  }
}

/** What runs where. */
export class Fleet {
  /** What everybody gets. */
  stable = 'v1'
  /** What is tried. */
  candidate: string | undefined
  /** What was tried, and taken away. */
  readonly withdrawn = new Set<string>()
  /** What was rolled out, and how much of the traffic the candidate had at that moment. */
  readonly rolledOut: { readonly version: string; readonly weight: number }[] = []
  readonly #balancer: Balancer
  readonly #check = latest()

  constructor(balancer: Balancer) {
    this.#balancer = balancer
  }

  async install(version: string, epoch: number): Promise<void> {
    await wire()
    this.#check(epoch)
    this.candidate = version
    await wire()
  }

  async remove(epoch: number): Promise<void> {
    await wire()
    this.#check(epoch)
    this.candidate = undefined
    await wire()
  }

  async withdraw(epoch: number): Promise<void> {
    await wire()
    this.#check(epoch)
    if (this.candidate !== undefined) this.withdrawn.add(this.candidate)
    this.candidate = undefined
    await wire()
  }

  async rollOut(version: string, epoch?: number): Promise<void> {
    await wire()
    this.#check(epoch)
    this.rolledOut.push({ version, weight: this.#balancer.weights.canary })
    this.stable = version
    await wire()
  }

  /** Everybody gets `version` again. */
  async putBack(version: string, epoch: number): Promise<void> {
    await wire()
    this.#check(epoch)
    this.stable = version
    await wire()
  }

  async dump(): Promise<string> {
    await wire()
    return `heap of ${this.candidate}`
  }
}

/** What is outside of a release. */
export interface CanaryDeps {
  readonly balancer: Balancer
  readonly fleet: Fleet
  readonly clock: Clock
}

/** A world in which everybody gets v1. */
export function makeCanaryDeps({ clock }: { readonly clock: Clock }): CanaryDeps {
  const balancer = new Balancer()
  return { balancer, fleet: new Fleet(balancer), clock }
}
