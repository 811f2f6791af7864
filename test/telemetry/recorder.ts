import type {
  FlipBegin,
  FlipState,
  FlipWatch,
  Part,
  PartFailure,
  PartWatch,
  Prospect,
  Telemetry,
  WatchedEnd,
} from 'phasegate'

/** A telemetry that writes down what it is told, a line each; flips are numbered as they begin. */
export function recorder() {
  const told: string[] = []
  let flips = 0
  const telemetry: Telemetry = {
    attach: ({ chart }) => {
      told.push(`attached to ${chart.name}`)
      return {
        flip: (begin) => new Recorded(`${++flips}`, begin, (line) => told.push(line)),
        stop: () => told.push('stopped'),
      }
    },
  }
  return { telemetry, told, take: () => told.splice(0) }
}

class Recorded implements FlipWatch {
  readonly trace: string
  readonly #name: string
  readonly #write: (line: string) => void

  constructor(name: string, { beginning, flip, subject, trace }: FlipBegin, write: (line: string) => void) {
    this.trace = `trace ${name}`
    this.#name = name
    this.#write = write
    this.#say(`${beginning} ${flip} of ${subject}${trace === undefined ? '' : ` in "${trace}"`}`)
  }

  waited(ms: number): void {
    this.#say(`waited ${ms}`)
  }

  going({ from, to, attempt }: Prospect): void {
    this.#say(`going ${from} > ${to}, attempt ${attempt}`)
  }

  joined(trace: string | undefined): void {
    this.#say(`joined "${trace}"`)
  }

  taken({ flip, trace }: FlipState, epoch: number): void {
    this.#say(`taken ${flip} in "${trace}", epoch ${epoch}`)
  }

  begin({ kind, name }: Part): PartWatch {
    const say = (line: string): void => this.#say(`${kind} ${name} ${line}`)
    say('begins')
    return {
      run(call) {
        say('runs')
        return call()
      },
      again: (tries) => say(`again ${tries}`),
      ended: (failure) => say(`ended${tell(failure)}`),
    }
  }

  ended({ outcome, flipId, failure }: WatchedEnd): void {
    this.#say(`ended ${outcome}${flipId === undefined ? '' : ' of a flip'}${tell(failure)}`)
  }

  #say(line: string): void {
    this.#write(`${this.#name}: ${line}`)
  }
}

function tell(failure: PartFailure | undefined): string {
  if (failure === undefined) return ''
  return ` ${failure.code}${failure.cause instanceof Error ? ` by ${failure.cause.name}` : ''}`
}
