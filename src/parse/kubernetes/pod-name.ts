interface PodLogDirectory {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
}

/**
 * Reads the name of a folder in /var/log/pods; undefined where it is none.
 *
 *     kube-system_filebeat-x7k2p_37ab7c6e-08d5-482d-9f69-de131666713d
 *
 * Kubernetes names hold no `_`, so three parts are exact.
 */
export function parsePodLogDirectory(name: string): PodLogDirectory | undefined {
  const [namespace, pod, uid, ...more] = name.split('_', 4)
  if (!namespace || !pod || !uid || more.length > 0 || name.length > 400) return undefined
  return { namespace, pod, uid }
}

interface ContainerLog {
  readonly pod: string
  readonly namespace: string
  readonly container: string
  readonly id: string
}

/**
 * Reads the name of a link in /var/log/containers; undefined where it is none. Here the pod stands before the namespace.
 *
 *     filebeat-x7k2p_kube-system_filebeat-54f56936ec507f163adba4a98f9b57c2665b59edd580ef72e65869e113b8d364.log
 */
export function parseContainerLog(name: string): ContainerLog | undefined {
  const [pod, namespace, rest, ...more] = name.split('_', 4)
  if (!pod || !namespace || !rest || more.length > 0) return undefined
  // Cut from the right: a container's name may hold dashes, an id holds none. kubelet cuts the whole at 255 bytes, and
  // an id that lost its end names nothing.
  const match = /^(.+)-([0-9a-f]{64})\.log$/.exec(rest)
  if (!match) return undefined
  return { pod, namespace, container: match[1]!, id: match[2]! }
}
