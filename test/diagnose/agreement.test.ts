import { describe, expect, it } from 'vitest'
import { terminalText } from '../../src/deliver/format/terminal.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, HostFacts, Locale } from '../../src/types.ts'
import { alertOf } from '../deliver/samples.ts'
import { createSimulatedNode, type SimulatedNode, startOfTime } from '../scenarios/simulated-node.ts'

/** The alerts of what happens on a simulated node. */
function alertsOf(
  happens: (node: SimulatedNode) => void,
  locale: Locale = 'en',
  host: Partial<HostFacts> = {},
): readonly Alert[] {
  const alerts: Alert[] = []
  const pipeline = createPipeline()
  const node = createSimulatedNode({ host, sink: observation => alerts.push(...pipeline.observe(observation)) })
  pipeline.observe({ kind: 'settings', at: startOfTime, settings: { ...defaultCoreSettings, locale } })
  pipeline.observe({ kind: 'host', at: startOfTime, host: (node.header() as { host: HostFacts }).host })
  happens(node)
  return alerts
}

function daemonKilled(options: { readonly adj: number; readonly limitMiB?: number }, locale: Locale = 'en'): Alert {
  const alerts = alertsOf(node => {
    const containerd = node.start(node.unit('containerd.service'), {
      comm: 'containerd',
      rssMiB: 300,
      adj: options.adj,
    })
    node.wait(60)
    const limitKiB = options.limitMiB && options.limitMiB * 1024
    if (limitKiB) node.emit({ kind: 'cgroups', cgroups: [{ path: '/system.slice', limitKiB, currentKiB: limitKiB }] })
    node.kill(containerd, { by: { limit: '/system.slice' } })
  }, locale)
  return alerts.find(({ type }) => type === 'node-daemon-killed')!
}

const stepsOf = ({ actions }: Alert) => actions.map(({ do: step }) => step).join('\n')
const causesOf = ({ diagnosis }: Alert) => diagnosis.map(({ why, remedy }) => `${why} ${remedy}`).join('\n')

describe('the texts of one alert agree', () => {
  it('at the limit of a slice, steps and causes name the slice, and never an own limit', () => {
    const alert = daemonKilled({ adj: 0 })
    for (const text of [stepsOf(alert), causesOf(alert)]) {
      expect(text).toContain('Raise or remove the memory limit of system.slice, or find which workload in it grows')
      expect(text).toMatch(/everything in (?:it|system\.slice) shares/i)
      expect(text).not.toMatch(/own limit|its limit/)
    }
    // How large the limit is is not known: then there is nothing to set it to.
    expect(alert.actions[1]!.command).toBe('systemd-cgtop --batch --iterations=1 --order=memory /system.slice')
  })

  it('a slice whose limit is known is raised with one command, in steps and causes', () => {
    const command = 'systemctl set-property system.slice MemoryMax=512M'
    const alert = daemonKilled({ adj: 0, limitMiB: 300 })
    expect(alert.actions[1]!.command).toBe(command)
    expect(alert.diagnosis[0]!.remedy).toContain(`To raise it: ${command}`)
    expect(causesOf(daemonKilled({ adj: 0, limitMiB: 300 }, 'zh-CN'))).toContain('调高或取消 system.slice 的内存 limit')
  })

  it('a daemon that was killed although it is protected is not to be protected', () => {
    const remedyAt = (adj: number) =>
      daemonKilled({ adj }).diagnosis.find(({ code }) => code === 'unprotected-daemons')!.remedy
    expect(remedyAt(-999)).toBe(
      'containerd.service was killed although it is protected (oom_score_adj -999). Only a higher limit or lower use helps.',
    )
    expect(remedyAt(-900)).not.toContain('OOMScoreAdjust')
    expect(remedyAt(-899)).toContain('OOMScoreAdjust=-999')
  })

  it('a victim that was seen to be recreated is not watched for its start', () => {
    const alerts = alertsOf(node => {
      let place = node.pod({ name: 'app', container: 'app' })
      for (let life = 0; life < 2; life++) {
        const process = node.start(place, { comm: 'app', rssMiB: 900, adj: 1000 })
        node.wait(200)
        node.kill(process, { by: 'cpuset' })
        place = node.restarted(place)
      }
    })
    const loop = alerts.find(({ type }) => type === 'respawn-loop')!
    expect(stepsOf(loop)).toContain('default/app was recreated: watch whether it grows again.')
    expect(stepsOf(loop)).not.toContain('starts again')
  })

  it('what a log does not show does not include a size that the alert states', () => {
    const evidenceOf = (host: Partial<HostFacts>) => {
      const [alert] = alertsOf(
        node => node.kill(node.start(node.pod({ name: 'app', container: 'app' }), { comm: 'app', rssMiB: 900 })),
        'en',
        { sight: 'log', ...host },
      )
      return alert!.diagnosis.find(({ code }) => code === 'log-alone')!.evidence
    }
    expect(evidenceOf({})).not.toContain('the memory of the node')
    expect(evidenceOf({})).toContain('the memory in use')
    expect(evidenceOf({ memTotalKiB: null })).toContain('the memory of the node')
  })

  it('where less than half of the used memory is known, the list of users says so', () => {
    const limit = { scope: 'global', level: 'node', path: null, usageKiB: 1024 * 1024, limitKiB: 2048 * 1024 } as const
    const holder = (KiB: number) => [{ workload: 'comm/beat', KiB, changeKiB: null, habitRatio: null, from: 'process' }]
    const textOf = (KiB: number, locale: Locale = 'en') =>
      terminalText(alertOf({ limit, holders: holder(KiB) as Alert['holders'] }), { colour: false, locale })
    expect(textOf(100 * 1024)).toContain('Known memory users: comm/beat 100 MiB; 924 MiB not attributed')
    expect(textOf(100 * 1024, 'zh-CN')).toContain('已知的内存占用：comm/beat 100 MiB；未归属 924 MiB')
    expect(textOf(600 * 1024)).toContain('Top memory users: comm/beat 600 MiB\n')
  })
})
