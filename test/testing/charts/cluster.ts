import type { Clock } from 'phasegate'

// Two database servers, the clients that write to them, and a dashboard that looks at them now and then.

export type Server = 'west' | 'east'

const ROWS_PER_SECOND = 10

/** A moment on the wire. */
const wire = async (): Promise<void> => undefined

/** From here on so many rows had been acknowledged to clients, and so many came each second. */
interface Stretch {
  readonly at: number
  readonly rows: number
  readonly rowsPerSecond: number
}

/** Clients write ten rows a second to where they are pointed, if it takes them. The other server follows, some time behind. */
export class Cluster {
  /** How far behind the follower is. */
  delayMs = 2_000
  /** What clients were told is safe, and no server has any more. */
  lost = 0
  leader: Server = 'west'
  clients: Server = 'west'
  readonly writable = new Set<Server>(['west'])
  readonly #clock: Clock
  readonly #stretches: Stretch[]
  #epoch = 0

  /** The clients have been at it for ten seconds. */
  constructor(clock: Clock) {
    this.#clock = clock
    this.#stretches = [{ at: clock.now() - 10_000, rows: 0, rowsPerSecond: ROWS_PER_SECOND }]
  }

  /** How many rows the follower lacks. */
  async lag(): Promise<number> {
    await wire()
    return this.#behind()
  }

  /** Resolves when the follower has everything. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    await wire()
    while (this.#behind() > 0) {
      signal.throwIfAborted()
      await new Promise<void>((resolve) => this.#clock.timer(500, resolve))
    }
  }

  /** `server` takes no writes any more. An epoch older than one seen before is refused, here and below. */
  fence(server: Server, epoch: number): Promise<void> {
    return this.#told(epoch, () => this.writable.delete(server))
  }

  unfence(server: Server, epoch: number): Promise<void> {
    return this.#told(epoch, () => this.writable.add(server))
  }

  /** `server` leads, with what it has by now. */
  promote(server: Server, epoch: number): Promise<void> {
    return this.#told(epoch, () => {
      if (this.leader !== server) this.lost += this.#behind()
      this.leader = server
      this.writable.add(server)
    })
  }

  point(server: Server, epoch: number): Promise<void> {
    return this.#told(epoch, () => {
      this.clients = server
    })
  }

  async #told(epoch: number, change: () => unknown): Promise<void> {
    await wire()
    if (epoch < this.#epoch) throw new Error(`epoch ${epoch} is over: ${this.#epoch} was seen`)
    this.#epoch = epoch
    const rows = this.#acknowledged(this.#clock.now())
    change()
    const rowsPerSecond = this.writable.has(this.clients) ? ROWS_PER_SECOND : 0
    this.#stretches.push({ at: this.#clock.now(), rows, rowsPerSecond })
    await wire()
  }

  #behind(): number {
    const now = this.#clock.now()
    return this.#acknowledged(now) - this.#acknowledged(now - this.delayMs)
  }

  #acknowledged(at: number): number {
    const stretch = this.#stretches.findLast((one) => one.at <= at)
    return stretch === undefined ? 0 : stretch.rows + Math.floor(((at - stretch.at) / 1_000) * stretch.rowsPerSecond)
  }
}

/** What operators look at. It asks the cluster once a minute, and did so last before the clients came. */
export class Dashboard {
  readonly #cluster: Cluster
  readonly #clock: Clock
  #read: { readonly at: number; readonly lag: number }

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
    this.#read = { at: clock.now() - 20_000, lag: 0 }
  }

  async lag(): Promise<number> {
    const at = this.#clock.now()
    if (at - this.#read.at >= 60_000) this.#read = { at, lag: await this.#cluster.lag() }
    return this.#read.lag
  }
}
