import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKmsgSource, whyNoKmsg } from '../../src/input/live/kmsg.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, Observation, OomKill } from '../../src/types.ts'
import { kernelKills, makeOomCgroup, whyNoKills } from '../support/oom-cgroup.ts'

const why = whyNoKmsg() ?? whyNoKills()

/** Real kills by this machine's kernel, read from its log. Others' kills in the meantime are excluded by name. */
describe.skipIf(why !== undefined)(`the kernel's log, live${why ? ` (skipped: ${why})` : ''}`, () => {
  let reader: ReturnType<typeof follow>
  beforeEach(() => {
    reader = follow()
  })
  afterEach(() => reader.stop())

  it('40 kills at 4 a second are all seen, at once, and no cgroup is wrong', async () => {
    const cgroups = ['a', 'b', 'c', 'd'].map(name => makeOomCgroup(`forty-${name}`))
    const wanted: Promise<{ pid: number; path: string }>[] = []
    for (let n = 0; n < 40; n++) {
      const cgroup = cgroups[n % 4]!
      wanted.push(cgroup.kill('oomforty').then(pid => ({ pid, path: cgroup.path })))
      await sleep(250)
    }
    const dead = await Promise.all(wanted)
    await reader.quiet()
    for (const cgroup of cgroups) cgroup.remove()

    const kills = reader.named('oomforty')
    expect(kills.map(({ pid }) => pid).toSorted()).toEqual(dead.map(({ pid }) => pid).toSorted())
    // The lines that name the cgroup are rate-limited (10 in 5 s): the others have none, rather than another cgroup's.
    const paths = new Map(dead.map(({ pid, path }) => [pid, path]))
    const headed = kills.filter(({ taskMemcg }) => taskMemcg !== null)
    expect(headed.length).toBeGreaterThanOrEqual(10)
    for (const kill of headed) expect(kill.taskMemcg).toBe(paths.get(kill.pid))
    expect(
      kills.every(({ scope, partial, containerId }) => scope === 'memcg' && !partial && containerId === null),
    ).toBe(true)
    expect(new Set(kills.map(({ event }) => event)).size).toBe(40)
    const lateMs = median(reader.lateMs())
    console.log(`from the kernel's stamp to the kill told: ${lateMs.toFixed(2)} ms (median of 40)`)
    expect(lateMs).toBeLessThan(20) // 1 to 4 ms on two busy cores
  })

  it('75 kills in a burst with ten headers between them are 75', async () => {
    const cgroup = makeOomCgroup('burst', 4)
    const before = kernelKills()
    const tookMs = await hogs(cgroup.path, 'oomburst', 75)
    await reader.quiet()
    cgroup.remove()

    const kills = reader.named('oomburst')
    expect(kills).toHaveLength(75)
    expect(new Set(kills.map(({ pid }) => pid)).size).toBe(75)
    console.log(`75 kills in ${tookMs} ms, ${kills.filter(({ taskMemcg }) => taskMemcg).length} with a cgroup`)
    expect(kernelKills() - before).toBeGreaterThanOrEqual(75)
    const headed = kills.filter(({ taskMemcg }) => taskMemcg !== null)
    expect(headed.length).toBeLessThan(75)
    expect(headed.every(({ taskMemcg }) => taskMemcg === cgroup.path)).toBe(true)
  })

  it('a report that overruns the ring costs its table, not its kill, nor the next five', async () => {
    await sleep(6000) // until the kernel prints reports again: 10 in 5 s are its limit
    const cgroup = makeOomCgroup('overrun')
    const crowd = await idlers(cgroup.path, 2000)
    try {
      const first = cgroup.kill('oomfirst')
      // An agent that is paused for as long as the report takes: on an idle machine it reads as fast as it is written.
      while (!(await isOver(first))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
      await reader.quiet()
      const next = makeOomCgroup('next-five')
      for (let n = 0; n < 5; n++) await next.kill('oomnext')
      await reader.quiet()
      next.remove()
    } finally {
      crowd.end()
      await crowd.ended
      cgroup.remove()
    }
    expect(reader.named('oomfirst')).toHaveLength(1)
    expect(reader.named('oomnext')).toHaveLength(5)
    expect(reader.lost()).toBeGreaterThan(0)
    expect(reader.counts().lost).toBe(reader.lost())
    const impaired = reader.alerts().filter(({ type }) => type === 'agent-impaired')
    expect(impaired.map(({ status, severity }) => `${status} ${severity}`)).toEqual(['firing warning'])
    expect(impaired[0]!.coverage.lostRecords).toBeGreaterThan(0)
    console.log(`${reader.lost()} records were overwritten; ${impaired[0]!.summary}`)
  })

  it('after a restart nothing is reported twice', async () => {
    const seqs: number[] = []
    const first = createKmsgSource({ bootId: 'boot', onPosition: seq => seqs.push(seq) })
    first.start(() => {})
    first.stop()
    const told: Observation[] = []
    const resumeAfter = { bootId: 'boot', seq: seqs.at(-1)! - 3 }
    const second = createKmsgSource({ bootId: 'boot', resumeAfter })
    second.start(observation => told.push(observation))
    second.stop()
    const numbers = told.flatMap(observation => (observation.kind === 'kernel' ? [observation.seq!] : []))
    expect(numbers.every(seq => seq > resumeAfter.seq)).toBe(true)
    expect(told.some(({ kind }) => kind === 'lost')).toBe(false)
  })

  it('stopping lets the process end at once, though the kernel is silent', async () => {
    const source = join(import.meta.dirname, '../../src/input/live/kmsg.ts')
    const script = `import { createKmsgSource } from ${JSON.stringify(source)}
      const source = createKmsgSource()
      source.start(() => {})
      setTimeout(() => { source.stop(); console.log(Date.now()) }, 300)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stoppedAt = 0
    child.stdout.on('data', text => {
      stoppedAt = Number(text)
    })
    await once(child, 'close')
    expect(Date.now() - stoppedAt).toBeLessThan(2000)
    expect(child.exitCode).toBe(0)
  })
})

describe('where /dev/kmsg cannot be read', () => {
  it('says why, from the start, and goes on trying', async () => {
    const told: Observation[] = []
    const source = createKmsgSource({ path: join(tmpdir(), 'no-such-kmsg') })
    source.start(observation => told.push(observation))
    source.stop()
    expect(told).toMatchObject([{ kind: 'source', source: 'kmsg', state: 'blind' }])
    expect(whyNoKmsg(join(tmpdir(), 'no-such-kmsg'))).toContain('does not exist')
  })
})

function follow() {
  const source = createKmsgSource()
  const parser = createOomParser()
  // What the agent makes of it: its core beside the bare parser.
  const pipeline = createPipeline()
  const alerts: Alert[] = [...pipeline.observe({ kind: 'settings', at: Date.now(), settings: defaultCoreSettings })]
  const kills: OomKill[] = []
  const late: number[] = []
  let lost = 0
  let lastAt = 0
  const observe = (observation: Observation): void => {
    lastAt = Date.now()
    alerts.push(...pipeline.observe(observation))
    if (observation.kind === 'lost') lost += observation.records
    if (observation.kind !== 'kernel' || observation.estimated) return
    const told = parser.push(observation)
    // The kernel's stamps and the monotonic clock run together, to within some milliseconds.
    if (told.length > 0) late.push(Number(process.hrtime.bigint()) / 1e6 - observation.stampUs! / 1e3)
    kills.push(...told)
  }
  source.start(observe)
  return {
    stop: () => source.stop(),
    named: (comm: string) => kills.filter(kill => kill.comm === comm),
    alerts: () => alerts,
    lost: () => lost,
    lateMs: () => late.map(ms => ms - Math.min(...late)),
    counts: source.counts,
    /** Half a second without a record. */
    quiet: async () => {
      do await sleep(100)
      while (Date.now() - lastAt < 500)
    },
  }
}

/** Many hogs at once; resolves with the time from the first one's start to the last one's death, ms. */
async function hogs(path: string, comm: string, count: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-burst-'))
  copyFileSync('/usr/bin/tail', join(dir, comm))
  // They wait at a pipe, so that starting 75 processes takes none of the time.
  const body = `mkfifo "$3"
    i=0; while [ $i -lt ${count} ]; do (read go <"$3"; echo 0 >"$1"; exec "$2" /dev/zero) & i=$((i + 1)); done; echo ready; wait`
  const child = spawn('sh', ['-c', body, 'sh', procsOf(path), join(dir, comm), join(dir, 'gate')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  const startedAt = Date.now()
  writeFileSync(join(dir, 'gate'), 'go\n'.repeat(count))
  await once(child, 'exit')
  return Date.now() - startedAt
}

/**
 * Processes that do nothing but stand in the report's table. They are born outside and moved in, so that they take
 * nothing of the cgroup's limit.
 */
async function idlers(path: string, count: number) {
  const body = `exec 3<&0; i=0; while [ $i -lt ${count} ]; do (read end <&3) & echo $!; i=$((i + 1)); done; echo ready; wait`
  const child = spawn('sh', ['-c', body], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  let pids = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    pids += chunk
    if (pids.includes('ready')) break
  }
  for (const pid of pids.split('\n').filter(line => /^\d+$/.test(line))) writeFileSync(procsOf(path), pid)
  return { end: () => child.stdin.end(), ended }
}

function procsOf(path: string): string {
  const v1 = `/sys/fs/cgroup/memory${path}`
  return `${existsSync(v1) ? v1 : `/sys/fs/cgroup${path}`}/cgroup.procs`
}

function isOver(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), sleep(1).then(() => false)])
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
