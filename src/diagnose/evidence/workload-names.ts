import type { Workload } from '../types.ts'

/**
 * What a person calls a workload, in a sentence: `kube-system/filebeat`, `nginx.service`, `java`. Bounded: names come from
 * strangers, and a sentence has 240 characters.
 */
export function shortName(workload: Pick<Workload, 'key'> & Partial<Workload>): string {
  const { namespace, pod, owner, container, key } = workload
  if (!namespace || !pod) return nameOfKey(key)
  const name = owner?.name ?? pod
  const inner = container && container !== name && !isLike(container, name) ? ` (${container})` : ''
  return cut(`${namespace}/${name}${inner}`)
}

/** The same, where the key is all that is known. */
export function nameOfKey(key: string): string {
  const [kind, ...rest] = key.split('/')
  switch (kind) {
    case 'pod': {
      if (rest.length < 2) return cut(`pod ${rest.join('/')}`)
      const [namespace, name, container] = rest
      return cut(`${namespace}/${name}${container && !isLike(container, name!) ? ` (${container})` : ''}`)
    }
    case 'unit':
      return cut(rest.at(-1) ?? key)
    case 'comm':
    case 'session':
      return cut(rest.at(-1) || key)
    default:
      return cut(rest.length > 0 ? rest.join('/') : key)
  }
}

/** `DaemonSet kube-system/filebeat`: with what keeps it alive, where that is known. */
export function fullName(workload: Workload): string {
  const kind = workload.owner && workload.owner.kind !== 'Pod' ? `${workload.owner.kind} ` : ''
  return `${kind}${shortName(workload)}`
}

// A container is mostly called like its pod, or like the end of its name: to say it twice tells nothing.
function isLike(container: string, name: string): boolean {
  return name === container || name.endsWith(`-${container}`) || name.startsWith(`${container}-`)
}

const longest = 60

function cut(name: string): string {
  return name.length > longest ? `${name.slice(0, longest - 1)}…` : name
}
