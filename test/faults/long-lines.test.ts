import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import { expect, it } from 'vitest'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { tempDir } from '../deliver/samples.ts'

async function read(path: string): Promise<{ count: number; notes: readonly string[]; ms: number }> {
  const begunAt = performance.now()
  const source = openReplaySource([path], { settings: defaultCoreSettings })
  let count = 0
  for await (const _ of source) count++
  return { count, notes: source.notes(), ms: performance.now() - begunAt }
}

const headers = [
  ['recording', '{"oomloop":"recording","version":1,"at":1}\n'],
  ['capture', '{"oomloop":"capture","version":1,"at":1}\n'],
] as const

it.each(headers)(
  'a %s with lines of 8 and 32 MiB is read in time that grows with its size',
  async (_, header) => {
    const dir = tempDir()
    const timed = async (MiB: number): Promise<number> => {
      const path = join(dir, `${MiB}.jsonl`)
      writeFileSync(
        path,
        `${header}{"kind":"tick","at":2,"more":"${'x'.repeat(MiB * 1024 * 1024 - 100)}"}\n{"kind":"tick","at":3}\n`,
      )
      return (await read(path)).ms
    }
    await timed(1)
    const small = await timed(8)
    const large = await timed(32)
    // Quadratic would be 16 times.
    expect(large / Math.max(small, 20)).toBeLessThan(9)
    expect(large).toBeLessThan(4000)
  },
  60_000,
)

it.each(headers)(
  'a packed %s of 256 MiB without a newline is read through in flat time',
  async (_, header) => {
    const path = join(tempDir(), 'long.jsonl.gz')
    const fd = openSync(path, 'w')
    const packer = createGzip({ level: 1 })
    packer.on('data', chunk => void writeSync(fd, chunk))
    const done = new Promise(resolve => packer.once('end', resolve))
    packer.write(`${header}{"kind":"tick","at":2,"more":"`)
    const piece = Buffer.alloc(1024 * 1024, 'y')
    for (let MiB = 0; MiB < 256; MiB++)
      if (!packer.write(piece)) await new Promise(resolve => packer.once('drain', resolve))
    packer.end()
    await done
    closeSync(fd)
    expect((await read(path)).ms).toBeLessThan(20_000)
  },
  90_000,
)
