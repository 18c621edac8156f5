import { parseContainerLog, parsePodLogDirectory } from '../parse/kubernetes/pod-name.ts'
import type { ContainerState } from '../parse/kubernetes/runtime-state.ts'
import type { HostFacts, Observation, PodName, PodNames } from '../types.ts'
import { slimState } from './capture-filter.ts'
import type { CaptureFiles, CaptureHeader, CaptureLine } from './formats.ts'
import { createPseudonyms } from './pseudonyms.ts'

/** Replaces the names of pods, namespaces, containers and the host, wherever they stand. */
interface Redactor {
  /** Learns names before anything that holds them is written. */
  readonly learn: (observation: Observation) => void
  readonly header: (header: CaptureHeader) => CaptureHeader
  readonly captureLine: (line: CaptureLine) => CaptureLine
  readonly observation: (observation: Observation) => Observation
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one function for each kind of line, and the pseudonyms they share
export function createRedactor(): Redactor {
  const words = createPseudonyms()
  const { text } = words

  const host = (facts: HostFacts): HostFacts => ({
    ...facts,
    name: words.host(facts.name),
    ...(facts.hostname && { hostname: words.host(facts.hostname) }),
    ...(facts.kubelet?.nodeName && {
      kubelet: { ...facts.kubelet, nodeName: words.host(facts.kubelet.nodeName) },
    }),
    labels: {},
    ...(facts.ownSubtree && { ownSubtree: text(facts.ownSubtree) }),
  })

  const labels = (given: Readonly<Record<string, string>>, uid: string) =>
    Object.fromEntries(
      Object.entries(given).flatMap(([key, value]) => {
        if (hashLabels.has(key)) return [[key, value]]
        if (key === 'statefulset.kubernetes.io/pod-name') return [[key, words.pod({ pod: value, uid })]]
        return key.endsWith('job-name') ? [[key, words.app(value)]] : []
      }),
    )

  const pod = (given: PodName): PodName => ({
    uid: given.uid,
    namespace: words.namespace(given.namespace),
    pod: words.pod(given),
    containers: given.containers.map(container => ({ ...container, name: words.app(container.name) })),
    ...(given.labels && { labels: labels(given.labels, given.uid) }),
  })

  const pods = (given: PodNames): PodNames => ({
    ...given,
    pods: given.pods.map(pod),
    ...(given.containers && {
      containers: given.containers.map(({ id, name }) => ({ id, name: words.app(name) })),
    }),
  })

  const observation = (given: Observation): Observation => {
    switch (given.kind) {
      // Names throughout. Without it a replay starts again where the agent was restarted.
      case 'resume':
        return { ...given, memory: {} }
      case 'host':
        return { ...given, host: host(given.host) }
      case 'settings':
        return { ...given, settings: { ...given.settings, mute: [] } }
      case 'kernel':
        return { ...given, text: text(given.text) }
      case 'unit-line':
        return { ...given, line: text(given.line) }
      case 'processes':
        return {
          ...given,
          seen: given.seen.map(each => ({ ...each, comm: text(each.comm), cgroup: text(each.cgroup) })),
        }
      case 'cgroups':
        return {
          ...given,
          cgroups: given.cgroups.map(each => ({ ...each, path: text(each.path) })),
          ...(given.gone && { gone: given.gone.map(text) }),
        }
      case 'pods':
        return pods(given)
      case 'habits':
        return { ...given, habits: given.habits.map(each => ({ ...each, workload: text(each.workload) })) }
      case 'trends':
        return { ...given, workloads: given.workloads.map(each => ({ ...each, workload: text(each.workload) })) }
      case 'hold':
        return {
          ...given,
          held: given.held.map(each => ({ ...each, cgroup: text(each.cgroup) })),
          released: given.released.map(each => ({ ...each, cgroup: text(each.cgroup) })),
        }
      case 'source':
        return { ...given, why: text(given.why) }
      case 'start':
      case 'saved':
      case 'memory':
      case 'lost':
      case 'tick':
      case 'end':
        return given
    }
  }

  const path = (given: string): string => {
    const [, folder, rest] = /^(\/var\/log\/(?:pods|containers))\/(.*)$/.exec(given) ?? []
    if (folder === undefined || rest === undefined) return given.startsWith('/proc/') ? given : text(given)
    const [first = '', container, ...more] = rest.split('/')
    const directory = parsePodLogDirectory(first)
    const log = parseContainerLog(first)
    if (folder === '/var/log/pods' && directory) {
      const { uid } = directory
      const names = [words.namespace(directory.namespace), words.pod(directory), uid].join('_')
      return [folder, names, ...(container === undefined ? [] : [words.app(container)]), ...more].join('/')
    }
    if (folder === '/var/log/containers' && log) {
      // Static pods are recognised by their uid, which is not known here: their names are known by now.
      const name = words.pod({ pod: log.pod, uid: uidOf.get(`${log.namespace}/${log.pod}`) ?? '' })
      return `${folder}/${name}_${words.namespace(log.namespace)}_${words.app(log.container)}-${log.id}.log`
    }
    return `${folder}/${words.app(rest)}`
  }

  /** As the folders of pods show it. */
  const uidOf = new Map<string, string>()

  const state = (given: ContainerState): ContainerState => ({
    ...given,
    name: given.name && words.app(given.name),
    namespace: given.namespace && words.namespace(given.namespace),
    pod:
      given.pod &&
      words.pod({ pod: given.pod, uid: given.podUid ?? '', ...(given.labels && { labels: given.labels }) }),
    ...(given.labels && { labels: labels(given.labels, given.podUid ?? '') }),
  })

  const content = (of: string, given: string): string => {
    if (/^\/proc\/\d+\/stat$/.test(of)) {
      const end = given.lastIndexOf(')')
      return text(given.slice(0, end)) + given.slice(end)
    }
    if (/^\/proc\/\d+\/cgroup$/.test(of)) return text(given)
    if (hostnameFiles.has(of)) return `${words.host(given.trim())}\n`
    return slimState(of, given, state) ?? given
  }

  const files = (line: CaptureFiles): CaptureFiles => {
    const entries = Object.entries(line.files)
    for (const [of] of entries) {
      const { namespace, pod: name, uid } = parsePodLogDirectory(of.split('/')[4] ?? '') ?? {}
      if (of.startsWith('/var/log/pods/') && uid !== undefined) uidOf.set(`${namespace}/${name}`, uid)
    }
    return {
      at: line.at,
      ...(line.pids && { pids: line.pids }),
      files: Object.fromEntries(entries.map(([of, given]) => [path(of), given === null ? null : content(of, given)])),
      ...(line.links && {
        links: Object.fromEntries(Object.entries(line.links).filter(([of]) => of.startsWith('/proc/'))),
      }),
    }
  }

  return {
    learn: given => {
      if (given.kind === 'pods') pods(given)
      if (given.kind === 'host') host(given.host)
    },
    header: given => ({
      ...given,
      ...(given.name && { name: words.host(given.name) }),
      ...(given.host && { host: host(given.host as HostFacts) }),
      notes: [...(given.notes ?? []), 'redacted'],
    }),
    captureLine: line => {
      if ('files' in line) return files(line)
      if ('line' in line) return { ...line, line: text(line.line) }
      return line.kmsg === null ? line : { ...line, kmsg: text(line.kmsg) }
    },
    observation,
  }
}

/** Labels that contain no name, and show what owns a pod. */
const hashLabels = new Set(['pod-template-hash', 'pod-template-generation', 'controller-revision-hash'])

const hostnameFiles = new Set(['/etc/hostname', '/proc/sys/kernel/hostname'])
