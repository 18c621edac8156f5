import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRecordPacker, createRecordUnpacker, follows } from '../../src/recording/kernel-records.ts'
import { createRowPacker, createRowUnpacker } from '../../src/recording/table-rows.ts'
import type { KernelRecord } from '../../src/types.ts'

const head = '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name'

interface Task {
  readonly pid: number
  readonly rss: number
  readonly comm: string
}

function row({ pid, rss, comm }: Task): string {
  return `[${String(pid).padStart(7)}]     0 ${String(pid).padStart(5)}   183442 ${String(rss).padStart(8)}   204800        0          -999 ${comm}`
}

const report = (tasks: readonly Task[]) => [
  'java invoked oom-killer: gfp_mask=0x140cca',
  head,
  ...tasks.map(row),
  'oom-kill:task=java',
]

const tasks = fc
  .uniqueArray(
    fc.record({
      pid: fc.integer({ min: 1, max: 60 }),
      rss: fc.integer({ min: 0, max: 10 ** 7 }),
      comm: fc.constantFrom('java', 'a b', 'kubelet', '1', '[x]'),
    }),
    {
      selector: task => task.pid,
      maxLength: 30,
    },
  )
  .map(list => list.toSorted((a, b) => a.pid - b.pid))

describe('rows of the kernel’s table of processes', () => {
  it('are read as they were, whatever changed between two reports', () => {
    fc.assert(
      fc.property(fc.array(tasks, { minLength: 1, maxLength: 6 }), reports => {
        const [packer, unpacker] = [createRowPacker(), createRowUnpacker()]
        for (const texts of reports.map(report)) {
          const { texts: packed, table } = packer.pack(texts)
          expect(unpacker.unpack(JSON.parse(JSON.stringify(packed)), table)).toEqual(texts)
        }
      }),
    )
  })

  it('are read as they were or refused where lines before them are missing', () => {
    fc.assert(
      fc.property(
        fc.array(tasks, { minLength: 2, maxLength: 6 }),
        fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.boolean()),
        (reports, cuts, isLost) => {
          const [packer, unpacker] = [createRowPacker(), createRowUnpacker()]
          const all = reports.flatMap(report)
          const lost = isLost[Symbol.iterator]()
          for (let from = 0, turn = 0; from < all.length; turn++) {
            const until = from + 1 + cuts[turn % cuts.length]!
            const texts = all.slice(from, until)
            from = until
            const { texts: packed, table } = packer.pack(texts)
            if (lost.next().value) continue
            const read = unpacker.unpack(packed, table)
            if (read) expect(read).toEqual(texts)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('task tables are stored as changes: 500 rows of which a third changed take a fifth of the size', () => {
    const before = Array.from({ length: 500 }, (_, index) => ({ pid: 1000 + index, rss: index * 7, comm: 'java' }))
    const after = before.map((task, index) => (index % 3 === 0 ? { ...task, rss: task.rss + 1 } : task))
    const packer = createRowPacker()
    const size = (texts: readonly string[]) => JSON.stringify(packer.pack(texts).texts).length
    expect(size(report(before)) / size(report(after))).toBeGreaterThan(5)
  })
})

describe('kernel records in one line', () => {
  const record = (index: number, fields: Partial<KernelRecord> = {}): KernelRecord => ({
    kind: 'kernel',
    at: 1000,
    text: `text ${index}`,
    seq: 70 + index,
    level: 4,
    stampUs: 5_000_000 + index * 13,
    ...fields,
  })

  it('are read with their numbers, stamps and levels', () => {
    const records = Array.from({ length: 9 }, (_, index) => record(index))
    const text = createRecordPacker().lines(records)
    expect(text.split('\n')).toHaveLength(2)
    expect(createRecordUnpacker().records(JSON.parse(text))).toEqual(records)
  })

  it('are read from a log without numbers and stamps', () => {
    const records = Array.from(
      { length: 9 },
      (_, index): KernelRecord => ({ kind: 'kernel', at: 5, text: `t${index}` }),
    )
    expect(createRecordUnpacker().records(JSON.parse(createRecordPacker().lines(records)))).toEqual(records)
  })

  it.each([
    ['another moment', { at: 1001 }],
    ['no moment', { at: null }],
    ['another level', { level: 5 }],
    ['a number that does not follow', { seq: 99 }],
    ['a stamp of its own is missing', { stampUs: undefined }],
    ['it continues the one before', { continues: true }],
    ['its time is estimated', { estimated: true }],
  ])('do not hold one that differs: %s', (_, fields) => {
    expect(follows(record(1), record(0))).toBe(true)
    expect(follows(record(1, fields as Partial<KernelRecord>), record(0))).toBe(false)
  })

  it.each([
    ['rows that were never written', { texts: [5] }],
    ['rows beyond the table', { texts: [head, [4, 1]] }],
    ['stamps that do not fit', { texts: ['a', 'b'], stampUs: 1, afterUs: [1, 2, 3] }],
    ['texts of another type', { texts: [null] }],
    ['a table that is none', { texts: ['a'], table: 'x' }],
    ['no texts', {}],
  ])('are refused where a line was made by hand: %s', (_, fields) => {
    expect(createRecordUnpacker().records({ kind: 'kernel-records', at: 1, ...fields })).toBeUndefined()
  })
})
