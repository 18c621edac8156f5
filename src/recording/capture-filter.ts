import {
  type ContainerState,
  parseContainerdBundle,
  parseCrioBundle,
  parseDockerConfig,
  parsePodmanContainers,
} from '../parse/kubernetes/runtime-state.ts'

/**
 * Files that the agent reads. Only values of kubelet's settings are used, because the file itself may contain anything.
 */
const knownPlace =
  /^\/(proc|sys|run|var\/log\/(pods|containers)|var\/lib\/(docker|containers)|var\/snap|etc\/(hostname|os-release))(\/|$)/
// Neither command lines nor environments: only name and size of a process.
const ofProcess = /^\/proc\/\d+\/(stat|statm|oom_score|oom_score_adj|cgroup)$/

/**
 * The part of a host's file that may stand in a capture; undefined: nothing. A runtime's file of a container holds its
 * command line and environment too: of it only the names are kept, in the form in which the runtime writes them.
 */
export function whatToKeep(path: string, text: string): string | undefined {
  if (!knownPlace.test(path)) return undefined
  if (/^\/proc\/\d+\//.test(path)) return ofProcess.test(path) ? text : undefined
  return slimState(path, text, state => state) ?? (isState(path) ? undefined : text)
}

/** A runtime's file with only the names in it, each as `rename` gives it; undefined where it is none, or has none. */
export function slimState(
  path: string,
  text: string,
  rename: (state: ContainerState) => ContainerState,
): string | undefined {
  if (!isState(path)) return undefined
  if (path.endsWith('/config.v2.json')) return written(parseDockerConfig(text), rename, asDocker)
  if (path.endsWith('/userdata/config.json')) return written(parseCrioBundle(text), rename, asCrio)
  if (path.endsWith('/config.json')) return written(parseContainerdBundle(text), rename, asContainerd)
  const none = { namespace: null, pod: null, podUid: null, isSandbox: false }
  return JSON.stringify(
    [...parsePodmanContainers(text)].map(([id, name]) => ({ id, names: [rename({ ...none, name }).name] })),
  )
}

function isState(path: string): boolean {
  return (
    /\/(config\.json|config\.v2\.json|overlay-containers\/containers\.json)$/.test(path) &&
    !path.startsWith('/etc/kubernetes/')
  )
}

function written(
  state: ContainerState | undefined,
  rename: (state: ContainerState) => ContainerState,
  write: (state: ContainerState) => object,
): string | undefined {
  return state && JSON.stringify(write(rename(state)))
}

function asContainerd(state: ContainerState): object {
  const annotations = {
    'container-type': state.isSandbox ? 'sandbox' : 'container',
    'container-name': state.name,
    'sandbox-namespace': state.namespace,
    'sandbox-name': state.pod,
    'sandbox-uid': state.podUid,
  }
  return { annotations: prefixed('io.kubernetes.cri.', annotations) }
}

function asCrio(state: ContainerState): object {
  return {
    annotations: {
      ...prefixed('io.kubernetes.cri-o.', {
        ContainerType: state.isSandbox ? 'sandbox' : 'container',
        Labels: JSON.stringify(state.labels ?? {}),
      }),
      ...prefixed('io.kubernetes.', podNames(state)),
    },
  }
}

function asDocker(state: ContainerState): object {
  const kind: Record<string, string> = state.isSandbox ? { 'docker.type': 'podsandbox' } : {}
  const isPods = state.pod !== null
  return {
    Name: state.name,
    Config: { Labels: { ...state.labels, ...(isPods && prefixed('io.kubernetes.', { ...podNames(state), ...kind })) } },
  }
}

function podNames({ name, namespace, pod, podUid }: ContainerState): Record<string, string | null> {
  return { 'container.name': name, 'pod.namespace': namespace, 'pod.name': pod, 'pod.uid': podUid }
}

function prefixed(prefix: string, names: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).flatMap(([key, value]) => (value ? [[prefix + key, value]] : [])))
}
