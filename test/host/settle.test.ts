import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openLibc } from '../../src/host/libc.ts'
import { letGoOfText } from '../../src/host/protect.ts'
import { settle } from '../../src/host/settle.ts'

const host = {
  name: 'n',
  kernel: '6.1',
  os: 'x',
  memTotalKiB: 4_000_000,
  bootId: 'b',
  bootedAt: 0,
  agentVersion: '1',
  sight: 'host',
} as const

afterEach(() => void vi.useRealTimers())

describe('an agent that has just begun to watch', () => {
  const settled = async (isBusy: () => boolean): Promise<readonly string[]> => {
    const did: string[] = []
    await settle({
      host,
      isBusy,
      letGoOfText: () => did.push('let go'),
      warmDelivery: async () => void did.push('warmed'),
      libc: undefined,
    })
    return did
  }

  it('lets go of what starting needed, and warms what an alert needs after it, once', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    const did = await settled(() => false)
    expect(did).toEqual(['let go', 'warmed'])
    await vi.advanceTimersByTimeAsync(180_000)
    expect(did).toHaveLength(2)
  })

  it('does so again when a crisis is over', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    let isBusy = false
    const did = await settled(() => isBusy)
    isBusy = true
    await vi.advanceTimersByTimeAsync(60_000)
    isBusy = false
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.waitFor(() => expect(did).toEqual(['let go', 'warmed', 'let go', 'warmed']))
  })

  it('waits with it until the crisis that it was started in is over', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] })
    let isBusy = true
    const did = await settled(() => isBusy)
    await vi.advanceTimersByTimeAsync(180_000)
    expect(did).toEqual([])
    isBusy = false
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.waitFor(() => expect(did).toEqual(['let go', 'warmed']))
  })
})

const libc = openLibc()
it.skipIf(!libc)('text that was let go of is out of memory, and what runs on comes back', () => {
  const inMemoryKiB = (): number => Number(/^RssFile:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1])
  const before = inMemoryKiB()
  letGoOfText(libc!)
  expect(inMemoryKiB()).toBeLessThan(before - 1024)
})
