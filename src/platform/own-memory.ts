import { readFileSync } from 'node:fs'
import type { SourceState } from '../types.ts'

/** Above this share of its own limit the agent is about to be killed. Below the lower value it is safe again. */
const nearRatio = 0.9
const fineRatio = 0.8
const everyMs = 5000

/**
 * Watches the limit of the cgroup that the agent itself lives in, and reports when it comes near, as a source that is down:
 * so it becomes an alert, a metric and a line in status. Does nothing where there is no limit.
 */
export function watchOwnMemory(options: {
  readonly emit: (state: SourceState) => void
  readonly now: () => number
  /** Where the agent's own /proc and cgroups are: its own, not those below --root. */
  readonly root?: string
}): { readonly look: () => void; readonly stop: () => void } {
  const files = findFiles(options.root ?? '')
  let isNear = false
  const look = (): void => {
    const usage = files && numberIn(files.usage)
    const limit = files && numberIn(files.limit)
    if (usage === undefined || limit === undefined || limit === 0) return
    const ratio = (usage - reclaimable(files!.stat)) / limit
    const isNearNow = ratio >= (isNear ? fineRatio : nearRatio)
    if (isNearNow === isNear) return
    isNear = isNearNow
    const mib = (bytes: number): number => Math.round(bytes / 1024 / 1024)
    options.emit({
      kind: 'source',
      at: options.now(),
      source: 'own-memory',
      state: isNear ? 'blind' : 'sighted',
      why: `oomloop holds ${mib(ratio * limit)} of the ${mib(limit)} MiB that its own cgroup may`,
    })
  }
  const timer = files && setInterval(look, everyMs)
  timer?.unref()
  return { look, stop: () => clearInterval(timer) }
}

interface OwnFiles {
  readonly usage: string
  readonly limit: string
  readonly stat: string
}

function findFiles(root: string): OwnFiles | undefined {
  const lines = (text(`${root}/proc/self/cgroup`) ?? '')
    .trim()
    .split('\n')
    .map(line => line.split(':'))
  for (const [, controllers, path] of lines) {
    const isV2 = controllers === ''
    if (!isV2 && controllers !== 'memory') continue
    const base = `${root}/sys/fs/cgroup${isV2 ? '' : '/memory'}`
    const names = isV2
      ? { usage: 'memory.current', limit: 'memory.max' }
      : { usage: 'memory.usage_in_bytes', limit: 'memory.limit_in_bytes' }
    // Inside a container with a cgroup namespace of its own the path is what is mounted.
    for (const dir of [`${base}${path === '/' ? '' : path}`, base]) {
      if (numberIn(`${dir}/${names.usage}`) === undefined) continue
      return { usage: `${dir}/${names.usage}`, limit: `${dir}/${names.limit}`, stat: `${dir}/memory.stat` }
    }
  }
  return undefined
}

/** File pages are freed before the kernel kills. */
function reclaimable(stat: string): number {
  return Number(/^(?:total_)?inactive_file (\d+)$/m.exec(text(stat) ?? '')?.[1] ?? 0)
}

/** undefined also for `max`, and for v1's way of saying it: a number beyond any memory. */
function numberIn(path: string): number | undefined {
  const value = Number.parseInt(text(path) ?? '', 10)
  return Number.isNaN(value) || value > 2 ** 53 ? undefined : value
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
