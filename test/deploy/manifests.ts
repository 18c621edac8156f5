import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'

/** A manifest as parsed; what we ask of it is asked of the Kubernetes API's own types. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about
export type Manifest = any

const deploy = join(checkout, 'deploy')

export const overlays = [
  'base',
  'overlays/log-file',
  'overlays/journal',
  'overlays/webhook',
  'overlays/kubernetes',
  'overlays/hold',
  'monitoring',
] as const
export const sources = ['kmsg', 'file', 'journal'] as const

export const whyNoKustomize = hasProgram('kubectl') ? undefined : 'needs kubectl'
export const whyNoHelm = !hasProgram('go')
  ? 'needs go'
  : existsSync('/usr/share/gocode/src/github.com/Masterminds/sprig')
    ? undefined
    : 'needs golang-github-masterminds-sprig-dev'

/** The manifests of a kustomization, by kubectl's own kustomize. */
export function kustomize(name: string): readonly Manifest[] {
  return manifestsIn(
    execFileSync('kubectl', ['kustomize', join(deploy, 'kustomize', name)], { encoding: 'utf8', stdio: 'pipe' }),
  )
}

let renderer: string | undefined

/** The manifests of the chart with these values, by Helm's template language. */
export function helm(
  values: object,
  release = { Name: 'oomloop', Namespace: 'oomloop', Service: 'Helm' },
): readonly Manifest[] {
  renderer ??= buildRenderer()
  const { status, stdout, stderr } = spawnSync(renderer, [join(deploy, 'helm/oomloop')], {
    encoding: 'utf8',
    input: JSON.stringify({ values, release }),
  })
  if (status !== 0) throw new Error(stderr)
  return manifestsIn(stdout)
}

/** Kept outside the checkout: compiling sprig takes half a minute the first time. */
function buildRenderer(): string {
  const dir = join(tmpdir(), 'oomloop-helm-render')
  mkdirSync(dir, { recursive: true })
  execFileSync('go', ['build', '-o', join(dir, 'helm-render'), join(checkout, 'test/deploy/helm-render/main.go')], {
    env: { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '', GOCACHE: join(dir, 'cache') },
  })
  return join(dir, 'helm-render')
}

export function chartValues(): Manifest {
  return parse(readFileSync(join(deploy, 'helm/oomloop/values.yaml'), 'utf8'))
}

export function chartManifest(): Manifest {
  return parse(readFileSync(join(deploy, 'helm/oomloop/Chart.yaml'), 'utf8'))
}

export function valuesSchema(): object {
  return JSON.parse(readFileSync(join(deploy, 'helm/oomloop/values.schema.json'), 'utf8'))
}

function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map(document => document.toJS())
    .filter(Boolean)
}

const typeOf: Readonly<Record<string, readonly [type: string, from: string]>> = {
  'v1 Namespace': ['INamespace', 'kubernetes-models/v1'],
  'v1 ConfigMap': ['IConfigMap', 'kubernetes-models/v1'],
  'v1 Secret': ['ISecret', 'kubernetes-models/v1'],
  'v1 ServiceAccount': ['IServiceAccount', 'kubernetes-models/v1'],
  'v1 ResourceQuota': ['IResourceQuota', 'kubernetes-models/v1'],
  'rbac.authorization.k8s.io/v1 ClusterRole': ['IClusterRole', 'kubernetes-models/rbac.authorization.k8s.io/v1'],
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': [
    'IClusterRoleBinding',
    'kubernetes-models/rbac.authorization.k8s.io/v1',
  ],
  'networking.k8s.io/v1 NetworkPolicy': ['INetworkPolicy', 'kubernetes-models/networking.k8s.io/v1'],
  'apps/v1 DaemonSet': ['IDaemonSet', 'kubernetes-models/apps/v1'],
  'monitoring.coreos.com/v1 PodMonitor': [
    'IPodMonitor',
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  ],
  'monitoring.coreos.com/v1 PrometheusRule': [
    'IPrometheusRule',
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  ],
}

/** Checks values and formats by the API's schemas; returns what is wrong. */
export async function schemaErrors(manifest: Manifest): Promise<unknown> {
  const [type, from] = typeFor(manifest)
  const model = (await import(from))[type.slice(1)]
  try {
    new model(structuredClone(manifest)).validate()
    return null
  } catch (error) {
    return error
  }
}

/**
 * Checks names: the schemas let a field pass that the API does not know, the compiler does not, in a literal of the
 * API's types. Returns its complaints.
 */
export function typeErrors(manifests: readonly Manifest[]): string {
  const dir = mkdtempSync(join(checkout, 'out/manifests-'))
  try {
    const lines = manifests.map((manifest, index) => {
      const [type, from] = typeFor(manifest)
      return `import type { ${type} as T${index} } from '${from}'\nexport const m${index}: T${index} = ${JSON.stringify(manifest, null, 1)}`
    })
    writeFileSync(join(dir, 'manifests.ts'), lines.join('\n'))
    const options = { extends: '../../tsconfig.json', include: ['manifests.ts'] }
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(options))
    return spawnSync(join(checkout, 'node_modules/.bin/tsc'), ['--project', dir], { encoding: 'utf8' }).stdout
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function typeFor({ apiVersion, kind }: Manifest): readonly [string, string] {
  const found = typeOf[`${apiVersion} ${kind}`]
  if (!found) throw new Error(`no schema for ${apiVersion} ${kind}`)
  return found
}
