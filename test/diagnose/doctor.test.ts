import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { doctorCommand } from '../../src/cli/doctor.ts'
import { loadSettings } from '../../src/settings/load.ts'
import type { DoctorReport } from '../../src/view/terminal/doctor-text.ts'
import { type HostTree, writeHostTree } from '../support/host-tree.ts'

const fixtures = resolve(import.meta.dirname, '../../fixtures/doctor')
const notready = resolve(import.meta.dirname, '../../fixtures/captures')

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
    locale: 'en',
  })
  return { code, text: lines.join('\n') }
}

async function report(settings: Record<string, string>, flags: Record<string, string | boolean> = {}) {
  const { code, text } = await doctor({ json: true, ...flags }, settings)
  return { code, report: JSON.parse(text) as DoctorReport }
}

describe('the founding node, before it happened', () => {
  test('the founding node is at risk, and the reservation is what to change first', async () => {
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

  test('doctor prints the verdict first and the first fix right below it', async () => {
    const { text } = await doctor({}, { root: write('primed') })
    const lines = text.split('\n')
    expect(lines[2]).toMatch(/^!! AT RISK of an OOM loop/)
    expect(lines[3]).toContain('Fix first: In /var/lib/kubelet/config.yaml set kubeReserved')
    expect(text).toMatch(/spare\s+-\d+ MiB if the shop\/order-api \(java\) pod/)
    expect(text).toMatch(/1000 +73 MiB +yes +0 \(restarts\) +logging\/filebeat/)
    // The first victims are large and have a request.
    expect(text).not.toContain('almost nothing')
    expect(text).toContain('rank among the first OOM victims')
    const [, remedy] = text.replace(/\s+/g, ' ').split('Set a request and a limit for each')
    expect(remedy).toMatch(/for logging\/filebeat: resources: .*96Mi.*; for monitoring\/icagent: resources: .*32Mi/)
    for (const line of lines.filter(each => !/^ {2}\S/.test(each))) expect(line.length).toBeLessThanOrEqual(125)
  })

  test('doctor prints its report in Chinese', async () => {
    const { text } = await doctor({}, { root: write('primed'), locale: 'zh-CN' })
    expect(text).toContain('本节点有 OOM 循环风险')
    expect(text).toContain('首先修复')
  })
})

describe('the node as its people left it', () => {
  test('doctor exits 0 on a healthy node', async () => {
    const { code, report: found } = await report({ root: write('healthy') })
    expect(found.examination.diagnosis).toEqual([])
    expect(found).toMatchObject({ isPrimed: false, changeFirst: null, hasFindings: false })
    expect(found.examination.spare!.KiB).toBeGreaterThan(1024 * 1024)
    expect(code).toBe(0)
  })

  test('panic_on_oom is an issue to fix, because no alert is sent', async () => {
    const tree = write('healthy')
    writeFileSync(join(tree, 'proc/sys/vm/panic_on_oom'), '1\n')
    const { code, report: found } = await report({ root: tree })
    expect(found.blindSpots.find(spot => spot.code === 'panic-on-oom')).toMatchObject({ isToFix: true })
    expect(code).toBe(1)
  })

  test('earlyoom is a blind spot and no issue', async () => {
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
    message: expect.stringMatching(/is past the end of the file \(\d+s\)/),
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

describe('a moment of a capture', () => {
  const capture = `${notready}/habit-95-rollout-300iops/capture.jsonl.gz`

  test('the node of the capture is at risk at 95% before the first kill', async () => {
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
