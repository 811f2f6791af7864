import type { AnyChart } from '../../chart/index.ts'
import type { JournalRecord } from '../../ports/index.ts'
import type { Telemetry } from '../../telemetry/index.ts'
import { everySeen } from '../coverage/index.ts'
import type { PlayedCall } from './cast.ts'
import type { SimulateSettings } from './options.ts'
import type { Moment, SimulatedProcess } from './process.ts'
import { Story } from './story.ts'
import { type Onlooker, World } from './world.ts'

/** Where a chart is simulated, and who tells of it. */
export class Stage implements Onlooker {
  readonly chart: AnyChart
  readonly settings: SimulateSettings
  readonly world: World
  readonly story: Story
  readonly telemetry: Telemetry | undefined

  /** What it goes through counts for the coverage of the run if it `isCounted`. */
  constructor(chart: AnyChart, settings: SimulateSettings, isCounted = true) {
    this.telemetry = isCounted ? everySeen : undefined
    this.chart = chart
    this.settings = settings
    this.world = new World(chart, settings, this)
    this.story = new Story(this.world.clock)
  }

  met(moment: Moment, { name }: SimulatedProcess): void {
    this.story.met(moment, name)
  }

  died({ name }: SimulatedProcess): void {
    this.story.tell(name, 'is killed')
  }

  called(_call: PlayedCall, _process: SimulatedProcess): void {}

  recorded(record: JournalRecord): void {
    this.story.recorded(record)
  }
}
