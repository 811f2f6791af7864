import type { AnyChart } from '../../chart/index.ts'
import type { JournalRecord } from '../../ports/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { everySeen } from '../coverage/index.ts'
import type { PlayedCall } from './cast.ts'
import type { SimulateSettings } from './options.ts'
import type { Moment, SimulatedProcess } from './process.ts'
import { Story } from './story.ts'
import { type Onlooker, World } from './world.ts'

/** Who looks on besides the story, as far as it wants to. */
export interface Audience extends Partial<Pick<Onlooker, 'met' | 'called' | 'recorded'>> {
  /** Whether what is gone through counts for the coverage of the run. @default true */
  readonly isCounted?: boolean
}

/** Where a chart is simulated, and its story told. */
export class Stage implements Onlooker {
  readonly chart: AnyChart
  readonly settings: SimulateSettings
  readonly world: World
  readonly story: Story
  readonly telemetry: Telemetry | undefined
  readonly #audience: Audience

  constructor(chart: AnyChart, settings: SimulateSettings, audience: Audience = {}) {
    this.telemetry = audience.isCounted === false ? undefined : everySeen
    this.#audience = audience
    this.chart = chart
    this.settings = settings
    this.world = new World(chart, settings, this)
    this.story = new Story(this.world.clock)
  }

  met(moment: Moment, process: SimulatedProcess): void {
    this.story.met(moment, process.name)
    this.#audience.met?.(moment, process)
  }

  died({ name }: SimulatedProcess): void {
    this.story.tell(name, 'is killed')
  }

  called(call: PlayedCall, process: SimulatedProcess): void {
    this.#audience.called?.(call, process)
  }

  recorded(record: JournalRecord): void {
    this.story.recorded(record)
    this.#audience.recorded?.(record)
  }
}
