import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openOutbox } from '../../src/deliver/outbox/outbox.ts'
import { createRandom } from '../chaos/random.ts'
import { alertOf, keptLog, tempDir } from './samples.ts'

const sector = 512
const headerSectors = 8
const bytes = 64 * 1024

type Image = readonly [Buffer, Buffer]

/**
 * Power loss, played: between two states of the disk any part of the changed sectors may have been written, in any
 * order, except across a sync: a new header is written after the records that it is about.
 */
it('whatever part of a write reaches the disk, all that was accepted before is found again', async () => {
  const random = createRandom(42)
  const stateDir = tempDir()
  const outbox = openOutbox({ stateDir, bytes, log: keptLog() })
  let before = imageOf(stateDir)
  let open: { n: number; id: string }[] = []
  let copies = 0
  for (let step = 0; step < 150; step++) {
    const kept = open
    if (open.length > 4 || (open.length > 0 && random.chance(0.4))) {
      const settled = random.pick(open)
      outbox.settle(settled.n, 'x')
      open = open.filter(entry => entry !== settled)
    } else {
      const alert = alertOf({ evidence: ['y'.repeat(random.integer(0, 1500))] })
      open = [...open, { n: outbox.accept(alert, ['x']), id: alert.id }]
    }
    await outbox.written()
    const after = imageOf(stateDir)
    if (headerChanged(before, after)) copies++
    for (let attempt = 0; attempt < 4; attempt++) {
      const found = await idsIn(torn(before, after, random))
      // What was open before and still is must be there; what this very step took in or settled may be either way.
      for (const { id } of kept.filter(entry => open.includes(entry))) expect(found).toContain(id)
    }
    before = after
  }
  await outbox.close()
  expect(copies).toBeGreaterThan(2) // the rare case was played, too
})

function imageOf(stateDir: string): Image {
  return [readFileSync(join(stateDir, 'outbox', 'a')), readFileSync(join(stateDir, 'outbox', 'b'))]
}

function headerChanged(before: Image, after: Image): boolean {
  return before.some((file, index) => !file.subarray(0, sector).equals(after[index]!.subarray(0, sector)))
}

function torn(before: Image, after: Image, random: ReturnType<typeof createRandom>): Image {
  const headerIsNew = headerChanged(before, after) && random.chance(0.5)
  return before.map((old, index) => {
    const image = Buffer.from(old)
    for (let at = 0; at < bytes / sector; at++) {
      const isHeader = at < headerSectors
      if (isHeader ? headerIsNew : headerIsNew || random.chance(0.5))
        after[index]!.copy(image, at * sector, at * sector, (at + 1) * sector)
    }
    return image
  }) as unknown as Image
}

async function idsIn(image: Image): Promise<string[]> {
  const stateDir = tempDir()
  mkdirSync(join(stateDir, 'outbox'))
  writeFileSync(join(stateDir, 'outbox', 'a'), image[0])
  writeFileSync(join(stateDir, 'outbox', 'b'), image[1])
  const outbox = openOutbox({ stateDir, bytes, log: keptLog() })
  await outbox.close()
  return outbox.left.map(({ alert }) => alert.id)
}
