import autocannon from 'autocannon'
import type { FromLoad } from './messages.ts'

// The load, as a process of its own, so that it counts what a client sees and nothing that we wish for. It asks a fixed
// number of requests and waits for the answer of each: what is missing in the end is lost.

const [url = '', connections = '0', amount = '0'] = process.argv.slice(2)
process.once('disconnect', () => process.exit(1))
process.channel?.unref()
const tell = (message: FromLoad): void => void process.send?.(message)

const MIX = [...Array(6).fill('/'), '/report', ...Array(7).fill('/'), '/stream']

const run = autocannon(
  {
    url,
    connections: Number(connections),
    amount: Number(amount),
    requests: MIX.map((path) => ({ method: 'GET', path })),
    verifyBody: (body) => body.endsWith('end\n'),
  },
  (error, result) => {
    if (error !== null) throw error
    const { requests, errors, timeouts, mismatches, non2xx, latency } = result
    tell({
      type: 'tally',
      tally: {
        asked: requests.sent,
        answered: requests.total,
        errors,
        timeouts,
        truncated: mismatches,
        non2xx,
        status5xx: result['5xx'],
        p50Ms: latency.p50,
        p99Ms: latency.p99,
      },
    })
  },
)

let answered = 0
run.on('response', () => {
  answered++
})
const progress = setInterval(() => tell({ type: 'progress', answered }), 100)
run.on('done', () => clearInterval(progress))
