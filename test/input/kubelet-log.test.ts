import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createKubeletLogSource, findKubeletLog } from '../../src/input/live/kubelet-log.ts'
import type { Observation } from '../../src/types.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

function log(text: string, name = 'syslog'): { root: string; path: string } {
  const root = mkdtempSync(join(tmpdir(), 'oomloop-kubelet-log-'))
  roots.push(root)
  mkdirSync(join(root, 'var/log'), { recursive: true })
  const path = join(root, 'var/log', name)
  writeFileSync(path, text)
  return { root, path }
}

const head = 'Nov 23 12:52:59 node-1'

test('the log that kubelet writes to is found by what it holds', () => {
  const { root, path } = log(`${head} kubelet[209]: I1123 started\n`, 'messages')
  expect(findKubeletLog(root)).toEqual({ path, isOwn: false })
  expect(findKubeletLog(log(`${head} cron[1]: kubelet is not here\n`).root)).toBeUndefined()
})

test('a deletion is emitted, and neither other lines of kubelet nor those of the kernel are', async () => {
  const { path } = log(`${head} kubelet[209]: I1123 started\n`)
  const told: Observation[] = []
  const source = createKubeletLogSource({ path, isOwn: false })
  await source.start(observation => told.push(observation))
  try {
    appendFileSync(
      path,
      [
        `${head} kernel: Out of memory: Killed process 1 (a) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB`,
        `${head} kubelet[209]: I1123 12:52:59.118858     209 kubelet.go:2101] "SyncLoop (PLEG): event for pod"`,
        `${head} kubelet[209]: I1123 12:52:59.118858     209 kubelet.go:2079] "SyncLoop DELETE" source="api" pods=[shop/web-0]`,
        '',
      ].join('\n'),
    )
    await expect.poll(() => told.length, { timeout: 5000 }).toBeGreaterThan(0)
    expect(told).toMatchObject([{ kind: 'unit-line', unit: 'kubelet' }])
    expect((told[0] as { line: string }).line).toContain('SyncLoop DELETE')
  } finally {
    await source.stop()
  }
})
