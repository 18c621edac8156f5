import { describe, expect, it } from 'vitest'
import { diskWrites } from '../../src/platform/disk-queue.ts'

describe('the queue in front of a disk', () => {
  it('begins in the same turn where nothing is under way, and else when all before it has ended, well or not', async () => {
    const queue = diskWrites
    const first = Promise.withResolvers<void>()
    const begun: string[] = []
    const note = (name: string, until: Promise<void>) => () => {
      begun.push(name)
      return until
    }
    const failing = queue.run(note('first', first.promise))
    const second = queue.run(note('second', Promise.resolve()))
    expect(begun).toEqual(['first'])
    first.reject(new Error('ENOSPC'))
    await expect(failing).rejects.toThrow('ENOSPC')
    await second
    expect(begun).toEqual(['first', 'second'])
    void queue.run(note('third', Promise.resolve()))
    expect(begun).toEqual(['first', 'second', 'third'])
  })
})
