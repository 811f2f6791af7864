import { CONTENDERS, type ContenderName } from '../peers/index.ts'
import type { Protocol } from '../traffic/index.ts'

// A service in a process of its own. Told by the environment who it is; tells on stdout what happens, a JSON line each.
const { LOAD = '{}' } = process.env
const { contender, protocol } = JSON.parse(LOAD) as { contender: ContenderName; protocol: Protocol }
const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)

tell({ address: await CONTENDERS[contender].start(protocol, tell) })
