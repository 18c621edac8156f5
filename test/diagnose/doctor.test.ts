import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { doctorCommand } from '../../src/command/doctor.ts'
import type { DoctorReport } from '../../src/report/doctor-text.ts'
import { loadSettings } from '../../src/settings/load.ts'
import { type HostTree, writeHostTree } from '../support/host-tree.ts'

const fixtures = resolve(import.meta.dirname, '../../fixtures/doctor')
const notready = resolve(import.meta.dirname, '../../../shared/notready')

let root: string | undefined
afterEach(() => {
  if (root) rmSync(root, { recursive: true, force: true })
  root = undefined
})

function write(name: string): string {
  root = writeHostTree(JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8')) as HostTree)
  return root
}

async function doctor(flags: Record<string, string | boolean>, settings: Record<string, string> = {}) {
  const lines: string[] = []
  const code = await doctorCommand({
    positionals: [],
    flags,
    settings: () => loadSettings({ file: undefined, environment: {}, flags: settings }),
    out: line => lines.push(line),
    err: () => {},
  })
  return { code, text: lines.join('\n') }
}

async function report(settings: Record<string, string>, flags: Record<string, string | boolean> = {}) {
  const { code, text } = await doctor({ json: true, ...flags }, settings)
  return { code, report: JSON.parse(text) as DoctorReport }
}

describe('the founding node, before it happened', () => {
  test('is primed, and what to change first is the reservation', async () => {
    const { code, report: found } = await report({ root: write('primed') })
    expect(code).toBe(1)
    expect(found).toMatchObject({ isPrimed: true, changeFirst: 'reservation-too-small', hasFindings: true })
    expect(found.examination.diagnosis.map(each => each.code)).toEqual([
      'reservation-too-small',
      'limits-over-allocatable',
      'no-request-or-limit',
      'eviction-too-low',
      'no-room-to-terminate',
    ])
    expect(found.examination.spare!.KiB).toBeLessThan(0)
    const filebeat = found.examination.nextVictims.find(({ workload }) => workload === 'pod/logging/filebeat/filebeat')
    expect(filebeat).toMatchObject({ respawns: true, regainsKiB: 0, oomScoreAdj: 1000 })
  })

  test('is told to people with the verdict first and the change right below', async () => {
    const { text } = await doctor({}, { root: write('primed') })
    const lines = text.split('\n')
    expect(lines[2]).toMatch(/^!! This node is primed for an OOM loop/)
    expect(lines[3]).toContain('Change first: in /var/lib/kubelet/config.yaml set kubeReserved')
    expect(text).toMatch(/spare\s+-\d+ MiB once the pod of shop\/order-api/)
    expect(text).toMatch(/1000 +73 MiB +yes +nothing +logging\/filebeat/)
    for (const line of lines.filter(each => !/^ {2}\S/.test(each))) expect(line.length).toBeLessThanOrEqual(125)
  })

  test('is told in Chinese, too', async () => {
    const { text } = await doctor({}, { root: write('primed'), locale: 'zh-CN' })
    expect(text).toContain('本节点随时可能陷入 OOM 循环')
    expect(text).toContain('首先修改')
  })
})

describe('the node as its people left it', () => {
  test('is well, and exits 0', async () => {
    const { code, report: found } = await report({ root: write('healthy') })
    expect(found.examination.diagnosis).toEqual([])
    expect(found).toMatchObject({ isPrimed: false, changeFirst: null, hasFindings: false })
    expect(found.examination.spare!.KiB).toBeGreaterThan(1024 * 1024)
    expect(code).toBe(0)
  })

  test('with panic_on_oom has something to mend: no alert would leave it', async () => {
    const tree = write('healthy')
    writeFileSync(join(tree, 'proc/sys/vm/panic_on_oom'), '1\n')
    const { code, report: found } = await report({ root: tree })
    expect(found.blindSpots.find(spot => spot.code === 'panic-on-oom')).toMatchObject({ isToMend: true })
    expect(code).toBe(1)
  })

  test('with earlyoom beside it names the kills that will not be seen, and is still well', async () => {
    const tree = write('healthy')
    writeFileSync(
      join(tree, 'proc/803/stat'),
      readFileSync(join(tree, 'proc/803/stat'), 'utf8').replace('systemd-journal', 'earlyoom'),
    )
    const { code, report: found } = await report({ root: tree })
    expect(found.blindSpots.map(spot => spot.code)).toContain('killer-in-user-space')
    expect(code).toBe(0)
  })
})

test('a folder that is no host is an error that says so', async () => {
  await expect(doctor({}, { root: fixtures })).rejects.toMatchObject({ code: 'OOMLOOP_INPUT' })
  await expect(doctor({ at: '5' })).rejects.toMatchObject({ code: 'OOMLOOP_USAGE' })
  const capture = resolve(fixtures, '../scenarios/clock-set-back.jsonl.gz')
  await expect(doctor({ capture, at: '999999' })).rejects.toMatchObject({
    code: 'OOMLOOP_USAGE',
    message: expect.stringMatching(/lies behind its end, \d+ s from its start/),
  })
})

test('a process with a hostile name cannot write to the terminal', async () => {
  const tree = write('healthy')
  const stat = readFileSync(join(tree, 'proc/803/stat'), 'utf8')
  writeFileSync(join(tree, 'proc/803/stat'), stat.replace('systemd-journal', 'a\u001b[2J\u202eb'))
  writeFileSync(join(tree, 'proc/803/cgroup'), '0::/\n')
  const { text } = await doctor({}, { root: tree })
  expect(text).not.toMatch(/[\u001b\u202e]/)
})

test.skipIf(process.platform !== 'linux')('this machine is looked at through its own /proc', async () => {
  const { code, report: found } = await report({})
  expect([0, 1]).toContain(code)
  expect(found.isLive).toBe(true)
  expect(found.headroom!.KiB).toBeGreaterThan(0)
  expect(found.examination.holders.length).toBeGreaterThan(0)
})

describe.skipIf(!existsSync(notready))('a moment of a capture (needs ../shared/notready)', () => {
  const capture = `${notready}/habit-95-rollout-300iops/capture.jsonl.gz`

  test('before anybody is killed is primed at 95 %', async () => {
    const { report: found } = await report({}, { capture, at: '90' })
    expect(found).toMatchObject({ isPrimed: true, changeFirst: 'reservation-too-small', isLive: false })
    expect(found.blindSpots.map(spot => spot.code)).not.toContain('no-kubelet-log')
  })

  test('by ISO time is that moment', async () => {
    const { report: found } = await report({}, { capture, at: '2026-11-23T11:45:00Z' })
    expect(found.at <= '2026-11-23T11:45:00.000Z').toBe(true)
    expect(found.at >= '2026-11-23T11:44:50.000Z').toBe(true)
  })
})
