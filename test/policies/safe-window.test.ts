import fc from 'fast-check'
import { type SafeWindowOptions, safeWindow } from 'phasegate/policies'
import { describe, expect, test } from 'vitest'
import { nextOpening, type Window } from '../../src/policies/opening.ts'
import { dayAt, dayBefore, wallText, zoneOf } from '../../src/policies/zone.ts'
import { asked, told } from './asked.ts'

const berlin = { zone: 'Europe/Berlin', from: '09:00', to: '16:00' } as const

/** Yes as true, no as its reason, at a moment that says its own offset. */
const at = (moment: string, options: SafeWindowOptions = berlin) => told(safeWindow(options), asked(moment))

/** The moments at which a window opens or closes between two others, found by looking at every minute. */
async function changes(options: SafeWindowOptions, from: string, until: string): Promise<string[]> {
  const window = safeWindow(options)
  const found: string[] = []
  let open: boolean | undefined
  for (let ms = Date.parse(from); ms < Date.parse(until); ms += 60_000) {
    const now = (await told(window, asked(new Date(ms).toISOString()))) === true
    if (open !== undefined && now !== open)
      found.push(`${now ? 'opens' : 'closes'} ${new Date(ms).toISOString().slice(5, 16)}`)
    open = now
  }
  return found
}

describe('a safe window', () => {
  test('is open from its first minute to the last before its end, by the clock of the place', async () => {
    expect(await at('2026-11-23T08:59:59+01:00')).toBe(
      'it is Mon 2026-11-23 08:59 in Europe/Berlin; the window opens Mon 2026-11-23 09:00',
    )
    expect(await at('2026-11-23T09:00:00+01:00')).toBe(true)
    expect(await at('2026-11-23T15:59:59.999+01:00')).toBe(true)
    expect(await at('2026-11-23T16:00:00+01:00')).toBe(
      'it is Mon 2026-11-23 16:00 in Europe/Berlin; the window opens Tue 2026-11-24 09:00',
    )
    expect(await at('2026-07-06T09:00:00+02:00')).toBe(true)
    expect(await at('2026-07-06T09:00:00+01:00')).toBe(true)
    expect(await at('2026-07-06T15:30:00+01:00')).not.toBe(true)
  })

  test('opens on its days only: names, days in a row, also over the end of the week', async () => {
    const weekdays = { ...berlin, days: ['mon-wed', 'fri'] } as const
    expect(await at('2026-11-26T10:00+01:00', weekdays)).toBe(
      'it is Thu 2026-11-26 10:00 in Europe/Berlin; the window opens Fri 2026-11-27 09:00',
    )
    expect(await at('2026-11-28T10:00+01:00', weekdays)).toContain('opens Mon 2026-11-30 09:00')
    for (const [day, open] of [
      ['27', true],
      ['28', true],
      ['29', true],
      ['30', true],
      ['26', false],
    ] as const) {
      expect((await at(`2026-11-${day}T10:00+01:00`, { ...berlin, days: ['fri-mon'] })) === true).toBe(open)
    }
  })

  test('over midnight belongs to the day on which it opens', async () => {
    const night = { zone: 'Europe/Berlin', days: ['fri'], from: '22:00', to: '04:00' } as const
    expect(await changes(night, '2026-11-26T12:00Z', '2026-11-30T12:00Z')).toEqual([
      'opens 11-27T21:00',
      'closes 11-28T03:00',
    ])
    expect(await at('2026-11-28T04:00+01:00', night)).toContain('opens Fri 2026-12-04 22:00')
  })

  test('may end at midnight, and may be the whole day', async () => {
    const evening = { zone: 'UTC', from: '22:00', to: '24:00' }
    expect(await changes(evening, '2026-11-26T12:00Z', '2026-11-27T12:00Z')).toEqual([
      'opens 11-26T22:00',
      'closes 11-27T00:00',
    ])
    const sundays = { zone: 'UTC', days: ['sun'], from: '00:00', to: '24:00' } as const
    expect(await changes(sundays, '2026-11-25T00:00Z', '2026-12-02T00:00Z')).toEqual([
      'opens 11-29T00:00',
      'closes 11-30T00:00',
    ])
  })

  test('opens on no date that is left out, and says that it is one', async () => {
    const except = ['2026-12-24', { from: '2026-12-31', to: '2027-01-03' }]
    expect(await at('2026-12-24T10:00+01:00', { ...berlin, except })).toBe(
      'it is Thu 2026-12-24 10:00 in Europe/Berlin, a date that is left out; the window opens Fri 2026-12-25 09:00',
    )
    expect(await at('2026-12-30T10:00+01:00', { ...berlin, except })).toBe(true)
    expect(await at('2026-12-30T17:00+01:00', { ...berlin, except })).toContain('opens Mon 2027-01-04 09:00')
    expect(await at('2027-01-04T10:00+01:00', { ...berlin, except })).toBe(true)
  })

  test('over midnight ends where a date that is left out begins, and does not begin there', async () => {
    const night = { zone: 'UTC', from: '22:00', to: '04:00', except: ['2026-12-24'] }
    expect(await changes(night, '2026-12-23T12:00Z', '2026-12-26T12:00Z')).toEqual([
      'opens 12-23T22:00',
      'closes 12-24T00:00',
      'opens 12-25T22:00',
      'closes 12-26T04:00',
    ])
  })

  test('says so when it opens on no day in sight', async () => {
    const except = [{ from: '2026-01-01', to: '2099-12-31' }]
    expect(await at('2026-12-24T10:00+01:00', { ...berlin, except })).toBe(
      'it is Thu 2026-12-24 10:00 in Europe/Berlin, a date that is left out; the window does not open within 400 days',
    )
  })

  test('judges the same moment by the day of each place', async () => {
    const mondays = (zone: string) => ({ zone, days: ['mon'], from: '00:00', to: '24:00' }) as const
    const moment = '2026-11-22T12:00Z'
    expect(await at(moment, mondays('Pacific/Auckland'))).toBe(true)
    expect(await at(moment, mondays('Europe/Berlin'))).toContain('it is Sun 2026-11-22 13:00')
    expect(await at('2026-11-23T10:00Z', mondays('America/Los_Angeles'))).toBe(true)
    expect(await at('2026-11-23T07:00Z', mondays('America/Los_Angeles'))).toContain('it is Sun 2026-11-22 23:00')
  })
})

describe('when clocks change', () => {
  const around = (zone: string, from: string, to: string) => ({ zone, from, to }) as const

  test('Europe/Berlin: an hour that is skipped is not there, and who opens in it opens after it', async () => {
    const day = ['2026-03-29T00:00Z', '2026-03-29T06:00Z'] as const
    expect(await changes(around('Europe/Berlin', '02:30', '04:00'), ...day)).toEqual([
      'opens 03-29T01:00',
      'closes 03-29T02:00',
    ])
    expect(await changes(around('Europe/Berlin', '02:00', '03:00'), ...day)).toEqual([])
    expect(await changes(around('Europe/Berlin', '01:00', '02:30'), '2026-03-28T23:30Z', day[1])).toEqual([
      'opens 03-29T00:00',
      'closes 03-29T01:00',
    ])
    expect(await at('2026-03-29T00:30Z', around('Europe/Berlin', '02:00', '03:00'))).toBe(
      'it is Sun 2026-03-29 01:30 in Europe/Berlin; the window opens Mon 2026-03-30 02:00',
    )
    expect(await at('2026-03-29T00:30Z', around('Europe/Berlin', '02:30', '04:00'))).toContain(
      'opens Sun 2026-03-29 03:00',
    )
  })

  test('Europe/Berlin: an hour that is repeated is there twice', async () => {
    const day = ['2026-10-24T22:30Z', '2026-10-25T06:00Z'] as const
    expect(await changes(around('Europe/Berlin', '02:00', '03:00'), ...day)).toEqual([
      'opens 10-25T00:00',
      'closes 10-25T02:00',
    ])
    expect(await changes(around('Europe/Berlin', '01:00', '02:30'), ...day)).toEqual([
      'opens 10-24T23:00',
      'closes 10-25T00:30',
      'opens 10-25T01:00',
      'closes 10-25T01:30',
    ])
    expect(await at('2026-10-25T00:45Z', around('Europe/Berlin', '01:00', '02:30'))).toBe(
      'it is Sun 2026-10-25 02:45 in Europe/Berlin; the window opens Sun 2026-10-25 02:00',
    )
  })

  test('America/New_York: both changes, a fortnight or a week off those of Europe', async () => {
    const window = around('America/New_York', '02:30', '03:30')
    expect(await changes(window, '2026-03-08T05:00Z', '2026-03-08T12:00Z')).toEqual([
      'opens 03-08T07:00',
      'closes 03-08T07:30',
    ])
    expect(
      await changes(around('America/New_York', '01:30', '01:45'), '2026-11-01T04:00Z', '2026-11-01T12:00Z'),
    ).toEqual(['opens 11-01T05:30', 'closes 11-01T05:45', 'opens 11-01T06:30', 'closes 11-01T06:45'])
  })

  test('Australia/Lord_Howe: by half an hour, and in the other half of the year', async () => {
    const window = around('Australia/Lord_Howe', '02:00', '03:00')
    // October: 02:00 becomes 02:30. April: 02:00 becomes 01:30.
    expect(await changes(window, '2026-10-03T12:00Z', '2026-10-03T20:00Z')).toEqual([
      'opens 10-03T15:30',
      'closes 10-03T16:00',
    ])
    expect(
      await changes(around('Australia/Lord_Howe', '01:30', '02:00'), '2026-04-04T12:00Z', '2026-04-04T20:00Z'),
    ).toEqual(['opens 04-04T14:30', 'closes 04-04T15:30'])
  })

  test('Asia/Kolkata: never, and half an hour beside the rest', async () => {
    const window = around('Asia/Kolkata', '02:00', '03:00')
    for (const day of ['03-29', '10-25']) {
      expect(await changes(window, `2026-${day}T00:00Z`, `2026-${day}T23:59Z`)).toEqual([
        `opens ${day}T20:30`,
        `closes ${day}T21:30`,
      ])
    }
  })

  test('Pacific/Apia: a Friday that there was not is no day on which a night began', async () => {
    // 2011-12-29 24:00 was followed by 2011-12-31 00:00.
    const night = (day: 'thu' | 'fri') => ({ zone: 'Pacific/Apia', days: [day], from: '22:00', to: '04:00' }) as const
    const days = ['2011-12-29T12:00Z', '2012-01-01T12:00Z'] as const
    expect(await changes(night('thu'), ...days)).toEqual(['opens 12-30T08:00', 'closes 12-30T14:00'])
    expect(await changes(night('fri'), ...days)).toEqual([])
    expect(await at('2011-12-30T09:59Z', { zone: 'Pacific/Apia', days: ['fri'], from: '09:00', to: '10:00' })).toBe(
      'it is Thu 2011-12-29 23:59 in Pacific/Apia; the window opens Fri 2012-01-06 09:00',
    )
    const zone = zoneOf('Pacific/Apia', 'zone')
    const saturday = dayAt(zone, Date.parse('2011-12-30T10:00Z'))
    expect(dayBefore(zone, saturday)).toBe(saturday - 2)
    expect(dayBefore(zone, saturday + 1)).toBe(saturday)
  })

  test('a day that begins at one in the morning begins then', async () => {
    // Santiago and Beirut put the clock forward at midnight.
    const window = { zone: 'America/Santiago', from: '00:00', to: '02:00' }
    expect(await changes(window, '2026-09-06T00:00Z', '2026-09-06T12:00Z')).toEqual([
      'opens 09-06T04:00',
      'closes 09-06T05:00',
    ])
  })
})

describe('the next opening', () => {
  const ZONES = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'UTC',
    'Africa/Casablanca',
  ]
  const minutes = fc.integer({ min: 0, max: 1_439 })

  test('is open, and no moment before it is: for any window and any moment', () => {
    const start = Date.parse('2024-01-01T00:00Z')
    const window = fc.record({
      zone: fc.constantFrom(...ZONES).map((name) => zoneOf(name, 'zone')),
      weekdays: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }).map((days) => new Set(days)),
      from: minutes,
      to: minutes,
    })
    const moment = fc.integer({ min: 0, max: 3 * 366 * 1_440 })
    fc.assert(
      fc.property(window, moment, fc.double({ min: 0, max: 1, noNaN: true }), ({ from, to, ...rest }, minute, part) => {
        const hours: Window = { ...rest, fromMs: from * 60_000, toMs: to * 60_000 + 60_000, except: [] }
        const at = start + minute * 60_000
        const opens = nextOpening(hours, at)
        if (opens === undefined) return expect.fail(`never: ${JSON.stringify(hours)}`)
        expect(isOpen(hours, opens)).toBe(true)
        if (opens > at) expect(isOpen(hours, opens - 1)).toBe(false)
        const between = Math.floor(at + (opens - at) * part)
        expect(isOpen(hours, between)).toBe(between >= opens)
      }),
      { numRuns: 300 },
    )
  })

  /** By the words of the wall clock alone. */
  function isOpen({ zone, weekdays, fromMs, toMs }: Window, at: number): boolean {
    const [day = '', , time = ''] = wallText(zone, at).split(' ')
    const [hours = 0, mins = 0] = time.split(':').map(Number)
    const ms = (hours * 60 + mins) * 60_000
    const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(day)
    if (fromMs < toMs) return weekdays.has(weekday) && ms >= fromMs && ms < toMs
    return (weekdays.has(weekday) && ms >= fromMs) || (weekdays.has((weekday + 6) % 7) && ms < toMs)
  }
})

test.each([
  ['zone', { ...berlin, zone: 'Europe/Atlantis' }],
  ['zone', { ...berlin, zone: '' }],
  ['zone', { ...berlin, zone: '+02:00' }],
  ['zone', { from: '09:00', to: '16:00' }],
  ['from', { ...berlin, from: '9:00' }],
  ['from', { ...berlin, from: '24:00' }],
  ['from', { ...berlin, from: 9 }],
  ['to', { ...berlin, to: '24:01' }],
  ['to', { ...berlin, to: '16:60' }],
  ['to', { ...berlin, to: undefined }],
  ['to', { ...berlin, to: '09:00' }],
  ['days', { ...berlin, days: [] }],
  ['days', { ...berlin, days: 'mon-fri' }],
  ['days[1]', { ...berlin, days: ['mon', 'Tuesday'] }],
  ['days[0]', { ...berlin, days: ['mon-wed-fri'] }],
  ['days[0]', { ...berlin, days: ['mon-'] }],
  ['days[0]', { ...berlin, days: [1] }],
  ['except', { ...berlin, except: '2026-12-24' }],
  ['except[0]', { ...berlin, except: ['24.12.2026'] }],
  ['except[0]', { ...berlin, except: ['2026-02-30'] }],
  ['except[1].to', { ...berlin, except: ['2026-12-24', { from: '2027-01-03', to: '2026-12-28' }] }],
  ['except[0].until', { ...berlin, except: [{ from: '2026-12-24', until: '2026-12-28' }] }],
  ['safe window.hours', { ...berlin, hours: 3 }],
])('a wrong %s is refused by name when the window is made: %j', (option, options) => {
  expect(() => safeWindow(options as never)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', facts: expect.objectContaining({ option }) }),
  )
})
