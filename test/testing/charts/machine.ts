/** A moment on the wire. */
const wire = async (): Promise<void> => undefined

/** What is known of a machine in a fleet. */
export interface Settings {
  power: 'off' | 'on'
  image: 'none' | 'plain' | 'configured'
  member: 'no' | 'yes'
  work: 'none' | 'runs'
  alerts: 'silent' | 'loud'
  label: 'spare' | 'in use' | 'suspect' | 'scrap'
}

/** A machine, as its management board, its cluster and its monitoring see it. Orders of an older epoch are refused. */
export class Machine {
  readonly settings: Settings = {
    power: 'off',
    image: 'none',
    member: 'no',
    work: 'none',
    alerts: 'silent',
    label: 'spare',
  }
  #epoch = 0

  async set<Name extends keyof Settings>(name: Name, to: Settings[Name], epoch: number): Promise<void> {
    await wire()
    if (epoch < this.#epoch) throw new Error(`epoch ${epoch} is over: ${this.#epoch} was seen`)
    this.#epoch = epoch
    this.settings[name] = to
    await wire()
  }
}
