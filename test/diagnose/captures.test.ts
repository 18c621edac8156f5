import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Alert } from '../../src/types.ts'
import { replayAlerts } from './replay.ts'

const notready = resolve(import.meta.dirname, '../../fixtures/captures')

/**
 * Of each crisis what grew, as its description states it, and what kubelet's settings in the capture are. In
 * daemonset-loop the javas grow by 0.35 MiB/s and the DaemonSet's filebeat is what came on top.
 */
const crises: readonly {
  readonly name: string
  readonly grower: RegExp
  readonly reservation: 'reservation-too-small' | 'pods-at-their-limit'
  readonly reserved: string
  readonly eviction?: string
}[] = [
  { name: 'daemonset-loop-300iops', grower: /filebeat|java/, reservation: 'reservation-too-small', reserved: '0 KiB' },
  {
    name: 'eviction-on-3000iops',
    grower: /creep/,
    reservation: 'reservation-too-small',
    reserved: '100 MiB',
    eviction: 'on',
  },
  {
    name: 'eviction-too-slow-300iops',
    grower: /java/,
    reservation: 'reservation-too-small',
    reserved: '100 MiB',
    eviction: 'on',
  },
  {
    name: 'filebeat-loop-kubepods-limit-100iops',
    grower: /filebeat|java/,
    reservation: 'pods-at-their-limit',
    reserved: '300 MiB',
  },
  { name: 'growth-100iops', grower: /java/, reservation: 'reservation-too-small', reserved: '0 KiB' },
  { name: 'growth-3000iops', grower: /java/, reservation: 'reservation-too-small', reserved: '0 KiB' },
  { name: 'habit-95-rollout-300iops', grower: /java/, reservation: 'reservation-too-small', reserved: '0 KiB' },
  { name: 'kubepods-limit-300iops', grower: /java/, reservation: 'pods-at-their-limit', reserved: '550 MiB' },
  { name: 'no-growth-thrash-3000iops', grower: /java/, reservation: 'reservation-too-small', reserved: '0 KiB' },
  {
    name: 'terminating-pod-grows-300iops',
    grower: /drain-me/,
    reservation: 'reservation-too-small',
    reserved: '0 KiB',
  },
  { name: 'tmpfs-300iops', grower: /^kernel\/shmem$/, reservation: 'reservation-too-small', reserved: '0 KiB' },
]

describe('captures of real nodes', () => {
  test.each(crises)(
    'the capture $name is explained: what grew, why, and what to do first',
    async ({ name, grower, reservation, reserved, eviction }) => {
      const { kills } = JSON.parse(readFileSync(`${notready}/${name}/truth.json`, 'utf8')) as {
        kills: readonly { at: number; nodeLevel: boolean }[]
      }
      const firstKillAt = Math.min(...kills.filter(kill => kill.nodeLevel).map(({ at }) => at), Infinity)
      const alerts = await replayAlerts(`${notready}/${name}/capture.jsonl.gz`)
      const before = alerts.filter(alert => Date.parse(alert.at) < firstKillAt)
      expect(before.length).toBeGreaterThan(0)
      for (const alert of before) {
        expect(alert.growers[0]!.workload, alert.summary).toMatch(grower)
        const codes = alert.diagnosis.map(({ code }) => code)
        expect(codes).toEqual(expect.arrayContaining(['no-request-or-limit']))
        if (!eviction) expect(codes).toContain('eviction-off')
      }
      const found = before.flatMap(({ diagnosis }) => diagnosis.filter(({ code }) => code === reservation))
      expect(found.length).toBeGreaterThan(0)
      for (const { evidence } of found) expect(evidence).toContain(reserved)
      for (const alert of alerts) sensible(alert)
    },
  )

  test('a pod that grows in its grace period is named, with its growth, before the first kill', async () => {
    const alerts = await replayAlerts(`${notready}/terminating-pod-grows-300iops/capture.jsonl.gz`)
    for (const alert of alerts.slice(0, 2)) {
      expect(alert.summary).toMatch(/The terminating pod default\/db-drain-me grew by \d+ MiB in its grace period/)
      expect(alert.diagnosis.map(({ code }) => code)).toContain('terminating-pod-grows')
      expect(alert.actions[0]!.command).toBe(
        `kubectl cordon node && kubectl get pod --namespace=default db-drain-me --output=jsonpath='{.metadata.deletionTimestamp}' | grep -q . && kubectl delete pod --namespace=default db-drain-me --grace-period=1 --wait=false`,
      )
    }
  })

  test('a thread of kubelet that asked for the memory of a kill is named as kubelet', async () => {
    // Without kubelet's own cgroup nothing is known of kubelet before the first kill, which is then reported at once.
    const capture = gunzipSync(readFileSync(`${notready}/terminating-pod-grows-300iops/capture.jsonl.gz`)).toString()
    const path = join(mkdtempSync(join(tmpdir(), 'oomloop-')), 'capture.jsonl')
    writeFileSync(path, capture.replaceAll('kubelet.service/memory.stat', 'kubelet.service/memory.unread'))
    const alerts = await replayAlerts(path)
    const kill = alerts.find(({ trigger }) => trigger !== null)!
    expect(kill.trigger).toMatchObject({
      comm: 'kubelet',
      workload: 'unit/system.slice/kubelet.service',
      terminating: false,
    })
  })

  test('the victims of a loop are distinguished from the top memory consumer', async () => {
    const alerts = await replayAlerts(`${notready}/filebeat-loop-kubepods-limit-100iops/capture.jsonl.gz`)
    const loop = alerts.find(({ type }) => type === 'respawn-loop')!
    expect(loop.limit).toMatchObject({ scope: 'memcg', level: 'kubepods', path: '/kubepods.slice' })
    expect(loop.summary).toMatch(/^default\/u2-filebeat .*is in an OOM-kill loop.*u2-java/)
    expect(loop.actions[0]!.command).toMatch(/^kubectl cordon node && kubectl delete pod --namespace=default u2-java-/)
    expect(loop.actions.map(({ do: what }) => what).join('\n')).toContain(
      'Do not restart or delete default/u2-filebeat',
    )
    // Before its first kill it is among the next, and frees nothing.
    expect(alerts[0]!.nextVictims.find(({ workload }) => workload.includes('filebeat'))).toMatchObject({
      respawns: true,
      regainsKiB: 0,
    })
  })

  test('a container that dies by its own limit is no matter of the node', async () => {
    const [alert] = await replayAlerts(`${notready}/calm-own-limit-loop/capture.jsonl.gz`)
    expect(alert!.diagnosis.map(({ code }) => code)).toEqual(['own-limit-too-low'])
    expect(alert!.limit).toMatchObject({ scope: 'memcg', limitKiB: 120 * 1024 })
    expect(alert!.actions).toHaveLength(1)
  })
})

/** What holds of every alert about a node. */
function sensible({ summary, actions, status, type }: Alert): void {
  const texts = actions.map(({ do: what }) => what)
  for (const { command } of actions) {
    // What is for the node's own shell is never in one line with what is for a workstation's.
    expect(command ?? '').not.toMatch(/kubectl.*systemctl|systemctl.*kubectl/)
    expect(command ?? '').not.toContain('--force')
  }
  // What is to be removed, or is gone for good, is not to be left alone as well.
  const leftAlone = texts.flatMap(
    text => /^Do not (?:restart or )?delete (?:the )?(\S+?)(?: pod)?\. /.exec(text)?.[1] ?? [],
  )
  for (const name of leftAlone) {
    const others = texts.filter(text => !text.startsWith('Do not'))
    expect(
      others.filter(text => text.includes(`pod ${name}`)),
      texts.join('\n'),
    ).toEqual([])
  }

  expect(summary.length).toBeLessThanOrEqual(240)
  expect(summary).toMatch(/\.$/)
  if (status === 'resolved' || type === 'agent-impaired') return
  expect(summary).toMatch(/Next step: /)
  expect(actions.length).toBeGreaterThan(0)
  // Reboot comes last, and what is advised against is not advised before.
  const reboot = actions.findIndex(({ command }) => command?.includes('reboot'))
  if (reboot >= 0) expect(reboot).toBe(actions.length - 1)
}
