import { describe, expect, it } from 'vitest'
import { createKmsgFeed, type KmsgFeedOptions } from '../../src/input/live/kmsg-feed.ts'

describe('raw records of /dev/kmsg', () => {
  it('a live record has the time at which it was read, whatever its stamp is', () => {
    const feed = open()
    expect(push(feed, '6,10,9000000,-;hello', now)).toEqual([
      { kind: 'kernel', at: now, level: 6, seq: 10, stampUs: 9_000_000, text: 'hello' },
    ])
  })

  it('a record older than the watch is dated by its stamp, and marked', () => {
    const feed = open()
    expect(push(feed, '6,10,4000000,-;hello', now)).toMatchObject([{ at: opened.at - 1000, estimated: true }])
  })

  it('no record is dated after it was read', () => {
    const feed = open()
    expect(push(feed, '6,10,4999999,-;hello', opened.at - 5)).toMatchObject([{ at: opened.at - 5 }])
  })

  it('a gap in the numbers is emitted once, before the record after it', () => {
    const feed = open()
    push(feed, '6,10,9000000,-;a', now)
    expect(push(feed, '6,17,9000001,-;b', now)).toMatchObject([
      { kind: 'lost', source: 'kmsg', records: 6 },
      { seq: 17 },
    ])
    expect(push(feed, '6,18,9000002,-;c', now)).toHaveLength(1)
    expect(feed.counts().lost).toBe(6)
  })

  it('what was gone before the first read does not count as lost', () => {
    expect(push(open(), '6,1000,9000000,-;a', now)).toHaveLength(1)
  })

  it('after a restart within one boot nothing is emitted twice, and what is missing is counted', () => {
    const feed = open({ bootId: 'b', resumeAfter: { bootId: 'b', seq: 11 } })
    expect(push(feed, '6,10,9000000,-;a', now)).toEqual([])
    expect(push(feed, '6,11,9000000,-;b', now)).toEqual([])
    expect(push(feed, '6,14,9000000,-;c', now)).toMatchObject([{ kind: 'lost', records: 2 }, { seq: 14 }])
  })

  it('another boot’s position says nothing of this one', () => {
    const feed = open({ bootId: 'c', resumeAfter: { bootId: 'b', seq: 11 } })
    expect(push(feed, '6,3,9000000,-;a', now)).toHaveLength(1)
  })

  it('records of userspace facilities are passed over and counted, and leave no gap', () => {
    const feed = open()
    push(feed, '6,10,9000000,-;a', now)
    expect(push(feed, '11,11,9000000,-;Memory cgroup out of memory: Killed process 1 (x) total-vm:1kB', now)).toEqual(
      [],
    )
    expect(push(feed, '6,12,9000000,-;b', now)).toHaveLength(1)
    expect(feed.counts()).toEqual({ records: 2, foreign: 1, lost: 0, broken: 0 })
  })

  it.each([
    '',
    ';',
    '6',
    '6,',
    '6,5',
    '6,5;x',
    'x,5,1,-;x',
    '6,x,1,-;x',
    '6,5,x,-;x',
    '\xff\xfe',
    '-1,5,1,-;x',
    ',,,;',
  ])('a broken record (%j) ends nothing', raw => {
    const feed = open()
    expect(push(feed, raw, now)).toEqual([])
    expect(feed.counts().broken).toBe(1)
    expect(push(feed, '6,10,9000000,-;a', now).at(-1)).toMatchObject({ kind: 'kernel', seq: 10 })
  })

  it('escapes become text, unknown header fields and the dictionary are passed over', () => {
    const raw =
      '4,417,9000000,c,caller=T7523,new=1;bad\\x0aname\\x01\\xff)x \\xc3\\xa9 \\x5cx41 \\xf\n SUBSYSTEM=acpi\n'
    expect(push(open(), raw, now)).toMatchObject([
      { text: 'bad\nname\x01\ufffd)x é \\x41 \\xf', continues: true, caller: 'T7523' },
    ])
  })
})

const opened = { at: 1_800_000_000_000, stampUs: 5_000_000 }
const now = opened.at + 3000

function open(options: Partial<KmsgFeedOptions> = {}) {
  return createKmsgFeed({ opened, ...options })
}

function push(feed: ReturnType<typeof open>, raw: string, at: number) {
  return feed.push(Buffer.from(raw, 'latin1'), at)
}

describe('the time of records that were read late', () => {
  const moment = (fields: object) => ({ monotonicUs: 0, sinceCaughtUpMs: 5, isBacklog: false, ...fields })
  const record = (seq: number, stampUs: number) => Buffer.from(`6,${seq},${stampUs},-;kill ${seq}`)

  it('kills during a pause (SIGSTOP) are as far apart as their stamps', () => {
    const feed = open()
    const at = [0, 20, 40].map(
      second =>
        feed
          .push(
            record(second, 10_000_000 + second * 1_000_000),
            now,
            moment({ monotonicUs: 70_000_000, sinceCaughtUpMs: 61_000 }),
          )
          .at(-1)!.at! - now,
    )
    expect(at).toEqual([-60_000, -40_000, -20_000])
  })

  it('a record is never dated before everything had been read', () => {
    const [kill] = open().push(record(1, 1), now, moment({ monotonicUs: 70_000_000, sinceCaughtUpMs: 3000 }))
    expect(kill!.at).toBe(now - 3000)
  })

  it('a printk clock that lags behind by 90s dates no fresh kill early, and a pause is measured from it', () => {
    const feed = open()
    const fresh = feed.push(record(1, 5_000_000), now, moment({ monotonicUs: 95_000_000 }))
    expect(fresh).toMatchObject([{ at: now }])
    expect(fresh[0]).not.toHaveProperty('estimated')
    // It is older than the watch by its stamp alone.
    expect(feed.push(record(2, 4_000_000), now, moment({ monotonicUs: 94_000_000 }))).toMatchObject([{ at: now }])
    const late = feed.push(record(3, 20_000_000), now, moment({ monotonicUs: 140_000_000, sinceCaughtUpMs: 60_000 }))
    expect(late).toMatchObject([{ at: now - 30_000 }])
  })

  it('what was in the ring when it was opened is dated by its stamp', () => {
    expect(open().push(record(1, 4_000_000), now, moment({ isBacklog: true }))).toMatchObject([
      { at: opened.at - 1000, estimated: true },
    ])
  })
})
