import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { chartReadme, chartReadmePath } from '../../scripts/chart-readme.ts'
import { environmentOf, type SettingKey, settingKeys, settingsTable } from '../../src/settings/table.ts'
import { checkout } from '../support/oomloop.ts'
import {
  chartManifest,
  chartValues,
  helm,
  kustomize,
  type Manifest,
  overlays,
  schemaErrors,
  sources,
  typeErrors,
  valuesSchema,
  whyNoHelm,
  whyNoKustomize,
} from './manifests.ts'
import { everything, valueSets } from './value-sets.ts'

mkdirSync(join(checkout, 'out'), { recursive: true })

const daemonSet = (manifests: readonly Manifest[]): Manifest => manifests.find(({ kind }) => kind === 'DaemonSet')
const podOf = (manifests: readonly Manifest[]): Manifest => daemonSet(manifests).spec.template.spec

describe.skipIf(whyNoKustomize)(`kustomize${whyNoKustomize ? `: ${whyNoKustomize}` : ''}`, () => {
  it.each(overlays)("%s holds to the Kubernetes API's schemas", async name => {
    const manifests = kustomize(name)
    expect(manifests.length).toBeGreaterThan(1)
    for (const one of manifests) expect(await schemaErrors(one)).toBeNull()
    expect(typeErrors(manifests)).toBe('')
  })

  it('a misspelt field, a missing one and a wrong value would be found', async () => {
    const broken = structuredClone(daemonSet(kustomize('base')))
    broken.spec.template.spec.hostPIDs = true
    expect(typeErrors([broken])).toMatch(/hostPIDs/)
    const without = structuredClone(daemonSet(kustomize('base')))
    delete without.spec.selector
    expect(await schemaErrors(without)).not.toBeNull()
    const wrong = structuredClone(daemonSet(kustomize('base')))
    wrong.spec.template.spec.containers[0].ports[0].containerPort = 'metrics'
    expect(await schemaErrors(wrong)).not.toBeNull()
  })

  it.each(overlays.filter(name => name !== 'monitoring'))(
    '%s survives what it watches, and can be there when it matters',
    name => {
      const pod = podOf(kustomize(name))
      const [container] = pod.containers
      expect(pod).toMatchObject({
        hostPID: true,
        priorityClassName: 'system-node-critical',
        automountServiceAccountToken: name === 'overlays/kubernetes',
      })
      expect(pod.tolerations).toEqual([{ operator: 'Exists' }])
      const { requests, limits } = container.resources
      expect(Object.keys(requests).sort()).toEqual(['cpu', 'memory'])
      // A CPU limit throttles the agent just when it is needed.
      expect(limits).toEqual({ memory: requests.memory })
      expect(container.securityContext.readOnlyRootFilesystem).toBe(true)
      expect(container.env).toContainEqual({
        name: 'NODE_NAME',
        valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } },
      })
    },
  )

  it.each(['overlays/log-file', 'overlays/journal'])('%s takes no privilege beyond the few that it names', name => {
    const { securityContext } = podOf(kustomize(name)).containers[0]
    expect(securityContext).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(securityContext.capabilities.drop).toEqual(['ALL'])
    expect(['DAC_READ_SEARCH', 'IPC_LOCK', 'SYS_CHROOT']).toEqual(
      expect.arrayContaining(securityContext.capabilities.add),
    )
  })

  it('hold runs in a container of its own without capabilities, and only with the overlay', () => {
    const hold = podOf(kustomize('overlays/hold')).containers.find(({ name }: Manifest) => name === 'hold')
    expect(hold.args.slice(0, 1)).toEqual(['hold'])
    expect(hold.securityContext).toMatchObject({ privileged: false, capabilities: { drop: ['ALL'] } })
    const writable = hold.volumeMounts.filter(({ readOnly }: Manifest) => readOnly !== true)
    expect(writable.map(({ mountPath }: Manifest) => mountPath)).toEqual([
      '/host/sys/fs/cgroup',
      '/host/run/oomloop-hold',
      '/var/lib/oomloop-hold',
    ])
    expect(podOf(kustomize('base')).containers).toHaveLength(1)
  })

  it.each(overlays.filter(name => name !== 'monitoring'))('%s uses only settings that exist', name => {
    const manifests = kustomize(name)
    const known = new Set(['NODE_NAME', ...settingKeys.map(environmentOf)])
    for (const { name: variable, value } of podOf(manifests).containers[0].env) {
      expect(known).toContain(variable)
      const key = settingKeys.find(one => environmentOf(one) === variable)
      const choices = key && (settingsTable[key] as { choices?: readonly string[] }).choices
      if (choices) expect(choices).toContain(value)
    }
    const settings = parse(manifests.find(({ kind }) => kind === 'ConfigMap').data['oomloop.yaml'])
    expect(settingKeys).toEqual(expect.arrayContaining(Object.keys(settings) as SettingKey[]))
  })

  it('names the version of this checkout', () => {
    expect(podOf(kustomize('base')).containers[0].image).toBe(`registry.example.com/oomloop:${manifest.version}`)
    expect(podOf(kustomize('overlays/journal')).containers[0].image).toBe(
      `registry.example.com/oomloop:${manifest.version}-journal`,
    )
  })
})

describe.skipIf(whyNoHelm)(`the chart${whyNoHelm ? `: ${whyNoHelm}` : ''}`, () => {
  it.each(sources)(
    "holds to the Kubernetes API's schemas with source %s and all that can be switched on",
    async source => {
      const manifests = helm({ ...everything, source })
      expect(manifests.map(({ kind }) => kind).sort()).toEqual([
        'ClusterRole',
        'ClusterRoleBinding',
        'ConfigMap',
        'DaemonSet',
        'Namespace',
        'NetworkPolicy',
        'PodMonitor',
        'PrometheusRule',
        'ResourceQuota',
        'Secret',
        'ServiceAccount',
      ])
      for (const one of manifests) expect(await schemaErrors(one)).toBeNull()
      expect(typeErrors(manifests)).toBe('')
    },
  )

  it.each(Object.keys(valueSets))("with %s holds to its own schema and to the Kubernetes API's", async name => {
    const values = valueSets[name]!
    const validate = new Ajv({ strict: false }).compile(valuesSchema())
    expect(validate({ ...chartValues(), ...values }), JSON.stringify(validate.errors)).toBe(true)
    const manifests = helm(values)
    for (const one of manifests) expect(await schemaErrors(one)).toBeNull()
    expect(typeErrors(manifests)).toBe('')
  })

  it('every object carries the common labels, and the pods do', () => {
    const manifests = helm({ ...everything, commonLabels: { team: 'sre' } })
    for (const { kind, metadata } of manifests) expect(metadata.labels, kind).toMatchObject({ team: 'sre' })
    expect(daemonSet(manifests).spec.template.metadata.labels).toMatchObject({ team: 'sre' })
    expect(daemonSet(manifests).spec.selector.matchLabels).not.toHaveProperty('team')
  })

  it('the role for conditions and Events is the same as that of kustomize', () => {
    if (whyNoKustomize) return
    const rules = (manifests: readonly Manifest[]) => manifests.find(({ kind }) => kind === 'ClusterRole').rules
    expect(rules(helm({ kubernetes: { enabled: true } }))).toEqual(rules(kustomize('overlays/kubernetes')))
  })

  it('hold is off by default; with it the container is that of the overlay', () => {
    const containerOf = (manifests: readonly Manifest[]) =>
      podOf(manifests).containers.find(({ name }: Manifest) => name === 'hold')
    expect(containerOf(helm({}))).toBeUndefined()
    expect(containerOf(helm({ hold: { mode: 'suggest' } }))).toBeUndefined()
    const { image: _image, imagePullPolicy: _policy, ...chart } = containerOf(helm({ hold: { mode: 'on' } }))
    if (whyNoKustomize) return
    const { image: _other, ...overlay } = containerOf(kustomize('overlays/hold'))
    expect(chart).toEqual(overlay)
  })

  it('a new secret restarts the pods', () => {
    const annotations = (data: object) => daemonSet(helm({ secret: { data } })).spec.template.metadata.annotations
    expect(annotations({ url: 'https://a.example' })).not.toEqual(annotations({ url: 'https://b.example' }))
  })

  it('no value is written as the API server would not write it back', () => {
    const quota = helm({}).find(({ kind }) => kind === 'ResourceQuota')
    // resource.Quantity: 100000 is returned as 100k, and each apply would show a change.
    expect(quota.spec.hard.pods).toBe('100k')
  })

  it.each([
    ['kmsg', 'base'],
    ['file', 'overlays/log-file'],
    ['journal', 'overlays/journal'],
  ])(
    'with source %s runs the same pod as kustomize %s',
    (source, overlay) => {
      if (whyNoKustomize) return
      expect(comparable(podOf(helm({ source })))).toEqual(comparable(podOf(kustomize(overlay))))
    },
    60_000,
  )

  it('watches with the same rules as kustomize', () => {
    if (whyNoKustomize) return
    const rules = (manifests: readonly Manifest[]) => manifests.find(({ kind }) => kind === 'PrometheusRule').spec
    expect(rules(helm({ prometheusRule: { enabled: true } }))).toEqual(rules(kustomize('monitoring')))
  })

  it('renders nothing that was not asked for', () => {
    expect(
      helm({ quota: { enabled: false } })
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['ConfigMap', 'DaemonSet', 'ServiceAccount'])
  })

  it('new settings make new pods', () => {
    const annotations = (settings: object) => daemonSet(helm({ settings })).spec.template.metadata.annotations
    expect(annotations({ locale: 'zh-CN' })).not.toEqual(annotations({}))
  })

  it('settings arrive as they were given', () => {
    const settings = {
      labels: { cluster: 'a: "b"' },
      webhooks: [{ urlFile: '/etc/oomloop-secrets/url' }],
      stormEvents: 4,
    }
    expect(parse(helm({ settings }).find(({ kind }) => kind === 'ConfigMap').data['oomloop.yaml'])).toEqual(settings)
  })
})

describe('the pipe of the journal', () => {
  const textOf = (path: string): string => readFileSync(join(checkout, 'deploy', path), 'utf8')
  const overlay = textOf('kustomize/overlays/journal/daemonset.yaml')
  const script: string = podOf([parse(overlay)]).containers[0].command[2]

  it('is created again at every start of the container, whose /tmp outlives it', () => {
    const dir = mkdtempSync(join(tmpdir(), 'oomloop-pipe-'))
    const shim = (name: string, text: string) => writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    shim('chroot', 'echo "$*"')
    shim('oomloop', 'echo "oomloop $* reads: $(cat)"; exit 3')
    const start = () =>
      spawnSync('/bin/sh', ['-c', script.replaceAll('/tmp/', `${dir}/`)], {
        encoding: 'utf8',
        env: { PATH: `${dir}:/usr/bin:/bin` },
        timeout: 10_000,
      })
    for (const { status, stdout, stderr } of [start(), start()])
      expect({ status, stdout, stderr }).toEqual({
        status: 3,
        stdout: 'oomloop run reads: /host journalctl --dmesg --follow --lines=0 --output=json\n',
        stderr: '',
      })
    rmSync(dir, { recursive: true })
  })

  it('is the same in the chart', () => {
    const lines = (text: string) => text.split('\n').map(line => line.trim())
    expect(lines(textOf('helm/oomloop/templates/daemonset.yaml')).join(' ')).toContain(script.trim())
  })
})

describe("the chart's values", () => {
  const validate = new Ajv({ strict: false }).compile(valuesSchema())

  it('hold to their schema, and every one is in it', () => {
    expect(validate(chartValues()), JSON.stringify(validate.errors)).toBe(true)
  })

  it.each([
    ['a value that does not exist', { sauce: 'kmsg' }],
    ['a source that does not exist', { source: 'syslog' }],
    ['a setting that is the chart’s own', { settings: { stateDir: '/tmp' } }],
    ['a port that is none', { metrics: { port: 0 } }],
    ['a key that does not exist below another', { podMonitor: { enabeld: true } }],
  ])('refuse %s', (_, values) => {
    expect(validate({ ...chartValues(), ...values })).toBe(false)
  })

  it('and the README of the chart say the same, and every value is described', () => {
    expect(readFileSync(chartReadmePath, 'utf8')).toBe(chartReadme())
    const documented = new Set([...chartReadme().matchAll(/^\| `([^`]+)` \|/gm)].map(match => match[1]))
    const undocumented = Object.keys(chartValues()).filter(
      key => ![...documented].some(name => name === key || name!.startsWith(`${key}.`)),
    )
    // `settings` is described above its parts.
    expect(undocumented).toEqual([])
  })

  it('and the chart name the version of this checkout', () => {
    const chart = chartManifest()
    expect({ version: chart.version, appVersion: chart.appVersion }).toEqual({
      version: manifest.version,
      appVersion: manifest.version,
    })
  })
})

/** Without what may differ: the image's tag is kept, lists that Kubernetes reads by name are put in order. */
function comparable(pod: Manifest): Manifest {
  const byName = (list: Manifest[]) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1))
  const [container] = pod.containers
  const { imagePullPolicy: _, ...rest } = container
  return {
    ...pod,
    containers: [{ ...rest, env: byName(container.env), volumeMounts: byName(container.volumeMounts) }],
    volumes: byName(pod.volumes).map(volume =>
      volume.configMap ? { ...volume, configMap: { ...volume.configMap, name: 'oomloop' } } : volume,
    ),
  }
}
