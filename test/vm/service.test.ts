import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { releaseFolder, whyNoRelease } from '../support/release.ts'
import { type LoopFigures, machineLateMs, quantile, readLoop, table } from './loop-figures.ts'
import { boot, type Finished, whyNoMachine } from './machine.ts'

const why = whyNoMachine() ?? whyNoRelease()
const kills = 60

/** install.sh on a Debian with systemd, a global OOM loop against the service, a hang, and the way out. */
describe.skipIf(why !== undefined)(`the service, in a virtual machine${why ? ` (skipped: ${why})` : ''}`, () => {
  let run: Finished
  let loop: LoopFigures
  const out = (name: string): string => readFileSync(join(run.outDir, name), 'utf8')
  const property = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(out('show.txt'))![1]!

  beforeAll(async () => {
    run = await boot({
      script: `#!/bin/sh\nLOOP_KILLS=${kills} exec /put/service/script.sh\n`,
      files: {
        release: await releaseFolder(),
        service: join(import.meta.dirname, 'service'),
        scenario: join(import.meta.dirname, 'node'),
      },
      systemd: true,
      seconds: 700,
    })
    expect(run.exitCode, run.console.slice(-4000)).toBe(0)
    loop = await readLoop(join(run.outDir, 'service'))
    console.log(`${table({ service: loop })}\n(software emulation; ${Math.round(run.seconds)} s in all)`)
  }, 720_000)
  afterAll(() => {
    if (run) rmSync(join(run.outDir, '..'), { recursive: true })
  }, 60_000)

  it('install.sh puts it on, and systemd calls it ready', () => {
    expect(out('install.txt')).toMatch(
      /wrote {4}\/etc\/systemd\/system\/oomloop\.service\n[\s\S]*running: oomloop status/,
    )
    expect({ type: property('Type'), state: property('ActiveState'), sub: property('SubState') }).toEqual({
      type: 'notify',
      state: 'active',
      sub: 'running',
    })
    expect(JSON.parse(out('status.json')).sources).toContainEqual(
      expect.objectContaining({ name: 'kmsg', state: 'sighted' }),
    )
  })

  it('the service runs as a user of its own with two capabilities, and is protected', () => {
    const status = out('process-status.txt')
    const field = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)![1]!
    expect(Number(field('Uid').split('\t')[0])).toBeGreaterThanOrEqual(61184)
    // CAP_DAC_READ_SEARCH (2) and CAP_SYSLOG (34)
    expect(BigInt(`0x${field('CapEff')}`)).toBe((1n << 2n) | (1n << 34n))
    expect(BigInt(`0x${field('CapBnd')}`)).toBe((1n << 2n) | (1n << 34n))
    expect({ noNewPrivs: field('NoNewPrivs'), seccomp: field('Seccomp') }).toEqual({ noNewPrivs: '1', seccomp: '2' })
    expect(Number.parseInt(field('VmLck'), 10)).toBeGreaterThan(50 * 1024)
    expect(out('oom-score-adj.txt')).toBe('-999\n')
    expect(out('memory-min.txt')).toBe(`${48 * 1024 * 1024}\n`)
    expect(JSON.parse(out('status.json')).protection).toEqual([])
  })

  it('a second install leaves it running as it is', () => {
    expect(out('second.txt')).toMatch(/running, and nothing has changed/)
    expect(out('second-pid.txt')).toBe('same\n')
  })

  it('systemctl reload reads the settings again in the same process', () => {
    expect(out('journal.txt')).toMatch(/"changed":\["stormEvents"\],"msg":"settings reloaded"/)
    expect(out('reload-pid.txt')).toBe('same\n')
  })

  it('it survives a global OOM loop, sees every kill, and reports the loop', () => {
    expect(loop.kills.length).toBeGreaterThanOrEqual(kills)
    expect(loop.agentAlive).toBe(true)
    // The loop ends it once, when all is over; and systemd starts it again.
    expect(out('restarts-after-loop.txt')).toBe('1\n')
    expect(loop.recordedPids).toEqual(expect.arrayContaining(loop.kills.map(({ pid }) => pid)))
    expect(loop.loopAlertMs).not.toBeNull()
    expect(loop.majorFaults).toBeLessThan(5 * kills) // unprotected: 300 a kill
  })

  it('it keeps its pace meanwhile, and reports the loop within a second', ({ skip }) => {
    skip(machineLateMs(loop) > 250, `the machine itself stood still for ${machineLateMs(loop)} ms`)
    expect(quantile(loop.gapsMs, 0.99)).toBeLessThanOrEqual(250)
    expect(Math.max(...loop.gapsMs)).toBeLessThanOrEqual(1000)
    expect(loop.loopAlertMs).toBeLessThanOrEqual(1000)
  })

  it('the watchdog starts an agent again that hangs', () => {
    expect(out('watchdog.txt')).toBe('restarted\n')
  })

  it('uninstalled, it leaves settings and state, as promised, and nothing else', () => {
    expect(out('after-uninstall.txt')).toMatch(/^(inactive|unknown|failed)\n$/)
    const left = out('left.txt').trim().split('\n')
    expect(left).toEqual(expect.arrayContaining(['/etc/oomloop', '/etc/oomloop/oomloop.yaml']))
    expect(left.filter(path => !/^\/(etc\/oomloop|var\/lib\/(private\/)?oomloop)/.test(path))).toEqual([])
  })
})
