/** One way of doing the same thing. `sample` does it `times` times and tells how many nanoseconds that took. */
export interface Contender {
  readonly name: string
  /** What the ratio should be, as printed beside it; absent where there is none. */
  readonly aim?: string
  readonly sample: (times: number) => number | Promise<number>
}

export interface RaceOptions {
  readonly rounds?: number
  /** How long a sample should take at least; 0 for contenders that do the thing once. */
  readonly sampleMs?: number
  /** What a ratio is of: the time of one operation, or operations in the same time. */
  readonly ratioOf?: 'time' | 'throughput'
}

export interface Timing {
  readonly name: string
  readonly aim: string | undefined
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Times what `work` does. */
export function timed(work: (times: number) => void): Contender['sample'] {
  return (times) => {
    const start = process.hrtime.bigint()
    work(times)
    return Number(process.hrtime.bigint() - start)
  }
}

/** Times what `work` does until its promise resolves. */
export function timedAsync(work: (times: number) => Promise<void>): Contender['sample'] {
  return async (times) => {
    const start = process.hrtime.bigint()
    await work(times)
    return Number(process.hrtime.bigint() - start)
  }
}

/** Takes samples in turns, A B C A B C …, so that whatever slows the machine down slows all of them down. */
export async function measure(contenders: readonly Contender[], options: RaceOptions = {}): Promise<readonly Timing[]> {
  const { rounds = 21, sampleMs = 40 } = options
  const lanes: { contender: Contender; times: number; samples: number[] }[] = []
  for (const contender of contenders)
    lanes.push({ contender, times: await calibrate(contender, sampleMs), samples: [] })
  // The first round is a warm-up too: only now has every contender been compiled beside the others.
  for (let round = 0; round <= rounds; round++) {
    for (const { contender, times, samples } of lanes) {
      const ns = (await contender.sample(times)) / times
      if (round > 0) samples.push(ns)
    }
  }
  return lanes.map(({ contender: { name, aim }, samples }) => {
    const sorted = samples.toSorted((a, b) => a - b)
    return { name, aim, median: at(sorted, 0.5), min: at(sorted, 0), max: at(sorted, 1) }
  })
}

/** Measures, and prints ratios of medians to the first contender, the baseline. */
export async function race(title: string, contenders: readonly Contender[], options: RaceOptions = {}): Promise<void> {
  const timings = await measure(contenders, options)
  const [baseline] = timings
  console.log(`\n${title}`)
  for (const timing of timings) {
    const { median } = timing
    const [above, below] = options.ratioOf === 'throughput' ? [baseline?.median, median] : [median, baseline?.median]
    print(timing, `${((above ?? 0) / (below ?? 1)).toFixed(2)}×`)
  }
}

/** One line: name, median, min–max, the result, and the aim beside it. */
export function print({ name, aim, median, min, max }: Timing, result: string): void {
  const spread = `${duration(min)} – ${duration(max)}`
  console.log(
    `  ${name.padEnd(46)}${duration(median).padStart(9)}  ${spread.padStart(21)}  ${result.padStart(9)}  ${aim ?? ''}`,
  )
}

/** How often it has to be done for a sample of `sampleMs`, found while warming up. */
async function calibrate({ sample }: Contender, sampleMs: number): Promise<number> {
  let times = 1
  for (let ns = await sample(times); ns < sampleMs * 1e6; ns = await sample(times)) {
    times = Math.ceil(times * Math.min(8, Math.max(1.2, (sampleMs * 1.1e6) / ns)))
  }
  return times
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN
}

function duration(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(1)} ns`
  return ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(1)} ms`
}
