import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { shutdownDeadlineMs } from '../../src/platform/shutdown.ts'
import { defaultSettingsFile, loadSettings } from '../../src/settings/load.ts'
import { settingKeys, settingsTable } from '../../src/settings/table.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'

const file = join(checkout, 'systemd/oomloop.service')
const unit = readFileSync(file, 'utf8')
const lines = unit.split('\n').filter(line => /^\w+=/.test(line))
const value = (key: string): string => lines.findLast(line => line.startsWith(`${key}=`))!.slice(key.length + 1)
const whyNoSystemd = hasProgram('systemd-analyze') ? undefined : 'needs systemd-analyze'

describe('the unit', () => {
  it.skipIf(whyNoSystemd)(`exposes itself by 2.0 of 10 at most${whyNoSystemd ? `: ${whyNoSystemd}` : ''}`, () => {
    const { status, stdout } = exposure(unit)
    expect(status, stdout).toBe(0)
  })

  it.skipIf(whyNoSystemd)('a power more would be noticed', () => {
    expect(exposure(unit.replace('BoundingSet=CAP_SYSLOG', 'BoundingSet=CAP_SYS_ADMIN CAP_SYSLOG')).status).not.toBe(0)
  })

  it.skipIf(whyNoSystemd)('holds nothing that systemd does not understand', () => {
    expect(verified(unit)).toBe('')
  })

  it('keeps state where the settings look for it', () => {
    expect(`/var/lib/${value('StateDirectory')}`).toBe(settingsTable.stateDir.default)
    expect(`/etc/${value('RuntimeDirectory')}/oomloop.yaml`).toBe(defaultSettingsFile)
  })

  it('waits for the shutdown longer than it takes', () => {
    expect(Number.parseInt(value('TimeoutStopSec'), 10) * 1000).toBeGreaterThan(shutdownDeadlineMs)
  })

  it('promises the memory that it limits itself to, and room above', () => {
    const mib = (key: string): number => Number(/^(\d+)M$/.exec(value(key))![1])
    expect(mib('MemoryMin')).toBeLessThan(mib('MemoryLow'))
    expect(mib('MemoryLow')).toBeLessThan(mib('MemoryMax'))
  })
})

describe('the unit of hold', () => {
  const hold = readFileSync(join(checkout, 'systemd/oomloop-hold.service'), 'utf8')

  it.skipIf(whyNoSystemd)('is understood by systemd, and exposes itself by 2.0 of 10 at most', () => {
    expect(verified(hold.replaceAll('/usr/bin/oomloop', '/bin/true').replace(' oomloop.service', ''))).toBe('')
    expect(exposure(hold).status).toBe(0)
  })

  it('has one power, writes to two slices of the cgroup tree, and restores after a crash', () => {
    expect(hold).toMatch(/^CapabilityBoundingSet=CAP_DAC_OVERRIDE$/m)
    expect(hold).toMatch(
      /^ReadWritePaths=-\/sys\/fs\/cgroup\/kubepods\.slice -\/sys\/fs\/cgroup\/kubepods -\/sys\/fs\/cgroup\/machine\.slice$/m,
    )
    expect(hold).toMatch(/^ExecStopPost=\/usr\/bin\/oomloop hold --release /m)
  })
})

describe('the unit for systemd 219', () => {
  const old = readFileSync(join(checkout, 'systemd/oomloop-systemd219.service'), 'utf8')
  const keys = [...old.matchAll(/^(\w+)=/gm)].map(([, key]) => key)

  it.skipIf(whyNoSystemd)('is understood by the systemd here, which still knows the older names', () => {
    const complaints = verified(old)
      .split('\n')
      .filter(line => line !== '' && !/please use (MemoryMax|CPUWeight)= instead/.test(line))
    expect(complaints).toEqual([])
  })

  it('has nothing that systemd 219 misreads or does not know', () => {
    // By the NEWS of systemd, with the version that each came with.
    const newer = {
      AmbientCapabilities: 229,
      BindReadOnlyPaths: 233,
      CPUWeight: 232,
      DynamicUser: 235,
      IOWeight: 230,
      LoadCredential: 247,
      MemoryMax: 231,
      OOMPolicy: 243,
      ProtectProc: 247,
      RestrictNamespaces: 233,
      StartLimitIntervalSec: 230,
      StateDirectory: 235,
      TasksMax: 227,
    }
    expect(keys.filter(key => key! in newer)).toEqual([])
    // It has no groups of system calls, and its private /dev has no kmsg.
    expect(keys).not.toEqual(expect.arrayContaining(['SystemCallFilter']))
    expect(keys).not.toEqual(expect.arrayContaining(['PrivateDevices']))
    expect(old).toMatch(/^ProtectSystem=full$/m)
  })

  it('protects the agent like the other one', () => {
    for (const key of ['OOMScoreAdjust', 'LimitMEMLOCK', 'WatchdogSec', 'TimeoutStopSec', 'CapabilityBoundingSet'])
      expect(new RegExp(`^${key}=(.*)$`, 'm').exec(old)?.[1]).toBe(value(key))
  })
})

describe('the settings that are installed', () => {
  const path = join(checkout, 'packaging/oomloop.yaml')

  it('are the defaults, as they stand', () => {
    const { values } = loadSettings({ file: path, environment: {}, flags: {} })
    expect(values).toEqual(loadSettings({ environment: { OOMLOOP_CONFIG: '/dev/null' }, flags: {} }).values)
  })

  it('are settings that exist, where the examples are switched on', () => {
    const text = readFileSync(path, 'utf8').replace(/^# (webhooks:|labels:|listen:| {2})/gm, '$1')
    const on = parse(text)
    expect(Object.keys(on)).toEqual(['webhooks', 'labels', 'listen'])
    expect(settingKeys).toEqual(expect.arrayContaining(Object.keys(on)))
    const secrets = mkdtempSync(join(tmpdir(), 'oomloop-credentials-'))
    writeFileSync(join(secrets, 'webhook-secret'), 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')
    writeFileSync(join(secrets, 'oomloop.yaml'), text)
    const settings = loadSettings({
      file: join(secrets, 'oomloop.yaml'),
      environment: { CREDENTIALS_DIRECTORY: secrets },
      flags: {},
    })
    rmSync(secrets, { recursive: true })
    expect(settings.webhooks[0]!.secret).toMatch(/^whsec_/)
  })
})

/** Status 1 above 2.0; the threshold counts in tenths. */
function exposure(text: string) {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-unit-'))
  writeFileSync(join(dir, 'oomloop.service'), text)
  const answer = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', '--no-pager', '--threshold=20', join(dir, 'oomloop.service')],
    { encoding: 'utf8' },
  )
  rmSync(dir, { recursive: true })
  return answer
}

/** What `systemd-analyze verify` complains about. */
function verified(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-unit-'))
  const file = join(dir, 'oomloop.service')
  writeFileSync(file, text.replace('/usr/bin/oomloop', '/bin/true').replace(/^Documentation=.*\n/m, ''))
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
  rmSync(dir, { recursive: true })
  return `${stdout}${stderr}`
}
