import { describe, expect, it } from 'vitest'
import { createLogTime, type LogTimeOptions } from '../../src/parse/log-line/log-time.ts'
import { isTimeZone, type WallTime } from '../../src/parse/log-line/log-time-zone.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Dec 31 23:59:00`, with a year in front or without one. */
function wall(text: string): WallTime {
  const [, year, month, day, hour, minute, second] = /^(?:(\d{4}) )?(\w{3}) (\d+) (\d+):(\d+):(\d+)$/.exec(text)!
  return {
    ...(year && { year: Number(year) }),
    month: months.indexOf(month!),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: 0,
  }
}

function read(options: LogTimeOptions, ...lines: string[]) {
  const time = createLogTime(options)
  const at = lines.map(line => time.epoch(wall(line)))
  return { at: at.map(each => (each === null ? null : new Date(each).toISOString().slice(0, 19))), notes: time.notes() }
}

describe('the year of a log that names none', () => {
  it('the year is the one that was given, counted up where the log passes New Year', () => {
    const { at, notes } = read(
      { year: 2023, timeZone: 'UTC' },
      'Dec 31 23:59:00',
      'Jan 1 00:01:00',
      'Dec 31 23:59:59', // out of order
      'Jan 2 00:00:00',
    )
    expect(at).toEqual(['2023-12-31T23:59:00', '2024-01-01T00:01:00', '2023-12-31T23:59:59', '2024-01-02T00:00:00'])
    expect(notes).toContainEqual({ note: 'yearGiven', year: 2023 })
  })

  it('is else the one that puts a line before the time of the file', () => {
    const modifiedAt = Date.UTC(2024, 0, 2, 12)
    const { at, notes } = read({ timeZone: 'UTC', modifiedAt }, 'Dec 31 23:59:00', 'Jan 1 00:01:00', 'Jan 3 11:00:00')
    // A clock may be some hours ahead of the file's, so a day later is this year still.
    expect(at).toEqual(['2023-12-31T23:59:00', '2024-01-01T00:01:00', '2024-01-03T11:00:00'])
    expect(notes).toContainEqual({ note: 'yearAssumed', year: 2024 })
  })

  it('the year is unknown where nothing shows it, and so is the time; both are noted', () => {
    const { at, notes } = read({ timeZone: 'UTC' }, 'Jun 1 00:00:00')
    expect(at).toEqual([null])
    expect(notes).toEqual([{ note: 'noYear' }])
  })

  it('is a leap year on 29 February', () => {
    expect(read({ timeZone: 'UTC', modifiedAt: Date.UTC(2026, 5, 1) }, 'Feb 29 12:00:00').at).toEqual([
      '2024-02-29T12:00:00',
    ])
  })

  it('is not asked for where the log names it', () => {
    const { at, notes } = read({ year: 1999, timeZone: 'UTC' }, '2023 Jun 1 00:00:00')
    expect(at).toEqual(['2023-06-01T00:00:00'])
    expect(notes).toEqual([{ note: 'zoneGiven', zone: 'UTC' }])
  })
})

describe('the time zone of a log that names none', () => {
  it('the time zone is the one that was given: a place, or an offset', () => {
    expect(read({ timeZone: 'Asia/Shanghai' }, '2023 Jun 1 08:00:00').at).toEqual(['2023-06-01T00:00:00'])
    expect(read({ timeZone: '-05:30' }, '2023 Jun 1 08:00:00').at).toEqual(['2023-06-01T13:30:00'])
  })

  it('is else that of this host, and that is said', () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone
    expect(read({}, '2023 Jun 1 08:00:00').notes).toEqual([{ note: 'zoneAssumed', zone: here }])
  })

  it('is known by name or offset, and by nothing else', () => {
    expect(['UTC', 'Europe/Berlin', '+08:00', '-0530', 'Z'].filter(name => !isTimeZone(name))).toEqual([])
    expect(['Berlin', 'soon', '+8', ''].filter(isTimeZone)).toEqual([])
  })
})

describe('daylight saving', () => {
  it.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'])(
    'in spring an hour is missing, and no time goes backwards (%s)',
    timeZone => {
      const day = { 'Europe/Berlin': 'Mar 29', 'America/New_York': 'Mar 8', 'Australia/Lord_Howe': 'Oct 4' }[timeZone]
      const { at } = read(
        { timeZone },
        ...['01:30:00', '01:59:59', '03:00:00', '03:30:00'].map(t => `2026 ${day} ${t}`),
      )
      expect(at).toEqual(at.toSorted())
      expect(new Set(at).size).toBe(4)
    },
  )

  it('in autumn an hour comes twice: the first is taken until the log goes back, then the second', () => {
    const lines = ['01:59:00', '02:10:00', '02:50:00', '02:05:00', '02:55:00', '03:05:00'].map(t => `2026 Oct 25 ${t}`)
    expect(read({ timeZone: 'Europe/Berlin' }, ...lines).at).toEqual([
      '2026-10-24T23:59:00',
      '2026-10-25T00:10:00',
      '2026-10-25T00:50:00',
      '2026-10-25T01:05:00',
      '2026-10-25T01:55:00',
      '2026-10-25T02:05:00',
    ])
    const overseas = ['00:59:00', '01:10:00', '01:50:00', '01:05:00', '02:05:00'].map(t => `2026 Nov 1 ${t}`)
    expect(read({ timeZone: 'America/New_York' }, ...overseas).at).toEqual([
      '2026-11-01T04:59:00',
      '2026-11-01T05:10:00',
      '2026-11-01T05:50:00',
      '2026-11-01T06:05:00',
      '2026-11-01T07:05:00',
    ])
  })

  it('lines a few seconds out of order are no second hour', () => {
    const lines = ['2026 Oct 25 02:10:05', '2026 Oct 25 02:10:02', '2026 Oct 25 02:10:06']
    expect(read({ timeZone: 'Europe/Berlin' }, ...lines).at.map(at => at?.slice(11))).toEqual([
      '00:10:05',
      '00:10:02',
      '00:10:06',
    ])
  })
})
