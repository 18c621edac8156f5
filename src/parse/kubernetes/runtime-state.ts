/** What a runtime's own file says of one container. */
export interface ContainerState {
  readonly name: string | null
  readonly namespace: string | null
  readonly pod: string | null
  readonly podUid: string | null
  /** The pod's pause container. */
  readonly isSandbox: boolean
  readonly labels?: Readonly<Record<string, string>>
}

/** Reads the OCI bundle's config.json of containerd's CRI plugin: names, no labels; undefined where it has none. */
export function parseContainerdBundle(text: string): ContainerState | undefined {
  const annotations = recordOf(recordOf(parse(text))?.annotations)
  if (!annotations) return undefined
  const cri = (key: string): string | null => stringOf(annotations[`io.kubernetes.cri.${key}`])
  const kind = cri('container-type')
  if (kind === null) return undefined
  return {
    name: cri('container-name'),
    namespace: cri('sandbox-namespace'),
    pod: cri('sandbox-name'),
    podUid: cri('sandbox-uid'),
    isSandbox: kind === 'sandbox',
  }
}

/** Reads the OCI bundle's config.json of CRI-O, with the labels that it keeps; undefined where it has no names. */
export function parseCrioBundle(text: string): ContainerState | undefined {
  const annotations = recordOf(recordOf(parse(text))?.annotations)
  if (!annotations) return undefined
  const kind = stringOf(annotations['io.kubernetes.cri-o.ContainerType'])
  if (kind === null) return undefined
  const labels = labelsOf(parse(stringOf(annotations['io.kubernetes.cri-o.Labels']) ?? ''))
  return {
    name: stringOf(annotations['io.kubernetes.container.name']) ?? labels['io.kubernetes.container.name'] ?? null,
    namespace: stringOf(annotations['io.kubernetes.pod.namespace']) ?? labels['io.kubernetes.pod.namespace'] ?? null,
    pod: stringOf(annotations['io.kubernetes.pod.name']) ?? labels['io.kubernetes.pod.name'] ?? null,
    podUid: stringOf(annotations['io.kubernetes.pod.uid']) ?? labels['io.kubernetes.pod.uid'] ?? null,
    isSandbox: kind === 'sandbox',
    labels: ownLabels(labels),
  }
}

/** Reads docker's config.v2.json: the container's name, and the pod's where kubelet made it. */
export function parseDockerConfig(text: string): ContainerState | undefined {
  const config = recordOf(parse(text))
  if (!config) return undefined
  const labels = labelsOf(recordOf(config.Config)?.Labels)
  const name = stringOf(config.Name)?.replace(/^\//, '') ?? null
  if (name === null && Object.keys(labels).length === 0) return undefined
  return {
    name: labels['io.kubernetes.container.name'] ?? name,
    namespace: labels['io.kubernetes.pod.namespace'] ?? null,
    pod: labels['io.kubernetes.pod.name'] ?? null,
    podUid: labels['io.kubernetes.pod.uid'] ?? null,
    isSandbox: labels['io.kubernetes.docker.type'] === 'podsandbox',
    labels: ownLabels(labels),
  }
}

/** Reads podman's overlay-containers/containers.json: names by container id. */
export function parsePodmanContainers(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const entries = parse(text)
  if (!Array.isArray(entries)) return names
  for (const entry of entries.slice(0, 4096)) {
    const container = recordOf(entry)
    const id = stringOf(container?.id)
    const first = Array.isArray(container?.names) ? stringOf(container.names[0]) : null
    if (id !== null && first !== null) names.set(id, first)
  }
  return names
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // half written, or not what we take it for
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 4096 ? value : null
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const labels: Record<string, string> = Object.create(null)
  for (const [name, text] of Object.entries(recordOf(value) ?? {}).slice(0, 128)) {
    if (typeof text === 'string') labels[name] = text.slice(0, 256)
  }
  return labels
}

// What kubelet adds for itself is no label of the pod.
function ownLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => !name.startsWith('io.kubernetes.') && !name.startsWith('annotation.')),
  )
}
