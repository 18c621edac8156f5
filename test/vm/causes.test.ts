import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Examination } from '../../src/diagnose/explain.ts'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert } from '../../src/types.ts'
import type { DoctorReport } from '../../src/view/terminal/doctor-text.ts'
import { boot, type Finished, whyNoMachine } from './machine.ts'
import { bundle, whyNoBundle } from './program.ts'

const why = whyNoMachine()
const MiB = 1024

/** What a capture of the machine shows: at each moment that it marks, and as alerts. */
interface Told {
  readonly at: ReadonlyMap<string, Examination>
  readonly alerts: readonly Alert[]
}

describe.skipIf(why !== undefined)(`causes, in a virtual machine${why ? ` (skipped: ${why})` : ''}`, () => {
  const runs: Finished[] = []
  let apart: Told
  let founding: Told
  let foundingOut: string
  beforeAll(async () => {
    const play = async (name: string): Promise<string> => {
      const run = await boot({
        script: `#!/bin/sh\nexec python3 /put/scenario/causes.py ${name}\n`,
        files: { scenario: join(import.meta.dirname, 'node'), ...(whyNoBundle() ? {} : bundle()) },
        memMiB: 1536,
        seconds: 570,
      })
      runs.push(run)
      expect(run.exitCode, run.console.slice(-3000)).toBe(0)
      return run.outDir
    }
    // Side by side: a reading a second leaves most of a core idle.
    const [apartOut, out] = await Promise.all([play('apart'), play('founding')])
    foundingOut = out
    apart = await replay(join(apartOut, 'apart'))
    founding = await replay(join(foundingOut, 'founding'))
  })
  afterAll(() => {
    for (const { outDir } of runs) rmSync(join(outDir, '..'), { recursive: true })
  })

  it('a leak in one process is its workload, and no kernel memory', () => {
    const { growers, diagnosis, unownedKiB } = apart.at.get('leak')!
    expect(growers[0]).toMatchObject({ workload: 'pod/shop/leak/leak' })
    expect(growers[0]!.changeKiB).toBeGreaterThan(80 * MiB)
    expect(codes(diagnosis)).not.toEqual(expect.arrayContaining(['tmpfs-and-shared-memory']))
    expect(unownedKiB!.shmem).toBeLessThan(16 * MiB)
  })

  it('a tmpfs that fills is reported with the pod that fills it', () => {
    const { unownedKiB, diagnosis } = apart.at.get('tmpfs')!
    expect(unownedKiB!.shmem).toBeGreaterThan(100 * MiB)
    expect(unownedKiB!.shmemOwner).toBe('pod/shop/cache/cache')
    expect(codes(diagnosis)).toContain('tmpfs-and-shared-memory')
    expect(codes(diagnosis)).not.toContain('kernel-slab')
  })

  it('growing slab is reported, and that it can be dropped', () => {
    const { unownedKiB, diagnosis } = apart.at.get('slab')!
    expect(unownedKiB!.slab! - apart.at.get('before')!.unownedKiB!.slab!).toBeGreaterThan(45 * MiB)
    const cause = diagnosis.find(({ code }) => code === 'kernel-slab')
    expect(cause?.remedy).toContain('drop_caches')
  })

  it('the first step for hugepages that are reserved late is to release them', () => {
    const { unownedKiB, diagnosis, actions } = apart.at.get('hugepages')!
    expect(unownedKiB!.hugepages).toBe(120 * MiB)
    expect(diagnosis[0]!.code).toBe('hugepages')
    expect(actions[0]).toMatchObject({ command: 'sysctl -w vm.nr_hugepages=0', expectKiB: 120 * MiB })
  })

  it('before anything of it nothing is blamed', () => {
    const { diagnosis, growers } = apart.at.get('before')!
    expect(codes(diagnosis)).toEqual(
      expect.not.arrayContaining(['kernel-slab', 'hugepages', 'tmpfs-and-shared-memory']),
    )
    expect(growers).toEqual([])
  })

  it('the founding node: the reservation first, the terminating pod named, and an action that frees what is missing', () => {
    // The first one with the kernel's report: a pod that was killed meanwhile counts no more in a later one.
    const alert = founding.alerts.find(({ trigger, type }) => trigger !== null || type === 'oom-storm')!
    expect(alert.limit).toMatchObject({ scope: 'global', level: 'node' })
    expect(alert.diagnosis[0]).toMatchObject({ code: 'reservation-too-small' })
    expect(alert.diagnosis[0]!.evidence).toContain('100 MiB')
    expect(codes(alert.diagnosis)).toEqual(
      expect.arrayContaining(['terminating-pod-grows', 'limits-over-allocatable', 'no-request-or-limit']),
    )
    expect(alert.summary).toContain('The terminating pod shop/web-6d4b75cb6d-kp9xz grew')
    expect(alert.holders.slice(0, 2).map(({ workload }) => workload)).toContain('pod/shop/java/java')
    const [first] = alert.actions
    expect(first!.command).toContain(
      'kubectl delete pod --namespace=shop web-6d4b75cb6d-kp9xz --grace-period=1 --wait=false',
    )
    // More than all that the kernel's first victim held.
    expect(first!.expectKiB).toBeGreaterThan(60 * MiB)
  })

  it.skipIf(whyNoBundle() !== undefined)('doctor, run on the founding node itself, says what to change first', () => {
    const found = JSON.parse(readFileSync(join(foundingOut, 'doctor.json'), 'utf8')) as DoctorReport
    expect(readFileSync(join(foundingOut, 'doctor-json.code'), 'utf8').trim()).toBe('1')
    expect(found).toMatchObject({ changeFirst: 'reservation-too-small', isLive: true })
    expect(codes(found.examination.diagnosis)).toContain('limits-over-allocatable')
    expect(found.examination.holders[0]!.workload).toBe('pod/shop/java/java')
    console.log(readFileSync(join(foundingOut, 'doctor.txt'), 'utf8'))
  })

  it('the founding node, before it happened, is what doctor warns of', () => {
    const { diagnosis, nextVictims } = founding.at.get('before')!
    expect(diagnosis[0]!.code).toBe('reservation-too-small')
    expect(nextVictims[0]).toMatchObject({ comm: expect.any(String) })
    expect(nextVictims.map(({ workload }) => workload)).toContain('pod/shop/filebeat/filebeat')
  })
})

function codes(diagnosis: Examination['diagnosis']): readonly string[] {
  return diagnosis.map(({ code }) => code)
}

async function replay(dir: string): Promise<Told> {
  const { marks } = JSON.parse(readFileSync(join(dir, 'truth.json'), 'utf8')) as {
    marks: { name: string; at: number }[]
  }
  const pipeline = createPipeline()
  const at = new Map<string, Examination>()
  const alerts: Alert[] = []
  for await (const observation of openReplaySource([join(dir, 'capture.jsonl.gz')], {
    settings: defaultCoreSettings,
  })) {
    while (marks[0] && (observation.at ?? 0) > marks[0].at) at.set(marks.shift()!.name, pipeline.examine())
    alerts.push(...pipeline.observe(observation))
  }
  for (const { name } of marks) at.set(name, pipeline.examine())
  return { at, alerts }
}
