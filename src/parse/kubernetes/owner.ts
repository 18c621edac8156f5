import type { Owner } from '../../types.ts'

interface OwnedPod {
  readonly pod: string
  readonly uid: string
  /** The node's own name: a static pod carries it as its tail. */
  readonly node: string | null
  readonly labels?: Readonly<Record<string, string>>
}

interface PodOwner {
  readonly owner: Owner
  /** What stays the same when the pod is recreated: of a Deployment its name, of a StatefulSet's pod the pod's name. */
  readonly base: string
}

/** Finds the owner of a pod: by its labels for certain, by the shape of its name with a guess. */
export function ownerOf(pod: OwnedPod): PodOwner {
  return ofStaticPod(pod) ?? ofLabels(pod) ?? ofName(pod.pod)
}

// API pods have a UUID; kubelet hashes a manifest's file to 32 digits without dashes.
function ofStaticPod({ pod, uid, node }: OwnedPod): PodOwner | undefined {
  if (!/^[0-9a-f]{32}$/.test(uid)) return undefined
  const tail = node === null ? '' : `-${node.toLowerCase()}`
  const base = tail !== '' && pod.endsWith(tail) && pod.length > tail.length ? pod.slice(0, -tail.length) : pod
  return { owner: { kind: 'StaticPod', name: base, certainty: 'certain' }, base }
}

function ofLabels({ pod, labels }: OwnedPod): PodOwner | undefined {
  if (!labels) return undefined
  const hash = labels['pod-template-hash']
  if (hash) {
    const at = pod.lastIndexOf(`-${hash}`)
    if (at > 0) return certain('Deployment', pod.slice(0, at))
  }
  if (labels['statefulset.kubernetes.io/pod-name']) {
    return { owner: { kind: 'StatefulSet', name: pod.replace(/-\d+$/, ''), certainty: 'certain' }, base: pod }
  }
  if (labels['pod-template-generation'] && labels['controller-revision-hash']) {
    return certain('DaemonSet', withoutRandom(pod) ?? pod)
  }
  const job = labels['batch.kubernetes.io/job-name'] ?? labels['job-name']
  if (job) {
    const cron = /^(.+)-\d{8,10}$/.exec(job)
    return cron
      ? { owner: { kind: 'CronJob', name: cron[1]!, certainty: 'likely' }, base: cron[1]! }
      : certain('Job', job)
  }
  return undefined
}

// What generateName adds: five of 27 letters and digits. A pod-template-hash is decimal digits written with ten of them.
const random = '[bcdfghjklmnpqrstvwxz2456789]{5}'
const shapes = {
  cronJob: new RegExp(`^(.+)-(?:[23]\\d{7}|1\\d{9})-${random}$`),
  deployment: new RegExp(`^(.+)-[456789bcdf]{6,10}-${random}$`),
  // generateName cuts its base at 58 characters, and with it the dash.
  cutDeployment: new RegExp(`^(.{40,})-[456789bcdf]{1,10}-?${random}$`),
  indexed: new RegExp(`^(.+)-(\\d{1,5})-${random}$`),
  random: new RegExp(`^(.+)-${random}$`),
  numbered: /^(.+)-\d{1,5}$/,
}

function ofName(pod: string): PodOwner {
  const cron = shapes.cronJob.exec(pod)
  if (cron) return { owner: { kind: 'CronJob', name: cron[1]!, certainty: 'likely' }, base: cron[1]! }
  const deployment = shapes.deployment.exec(pod) ?? (pod.length === 63 ? shapes.cutDeployment.exec(pod) : null)
  if (deployment)
    return { owner: { kind: 'Deployment', name: deployment[1]!, certainty: 'likely' }, base: deployment[1]! }
  const indexed = shapes.indexed.exec(pod)
  // An indexed Job or a DaemonSet that ends in a number: what stays the same is the same for both.
  if (indexed) {
    return { owner: { kind: 'Job', name: indexed[1]!, certainty: 'guess' }, base: `${indexed[1]}-${indexed[2]}` }
  }
  const base = withoutRandom(pod)
  // A DaemonSet, a Job or a bare ReplicaSet: of these a DaemonSet is what a node has most of.
  if (base !== undefined) return { owner: { kind: 'DaemonSet', name: base, certainty: 'guess' }, base }
  const numbered = shapes.numbered.exec(pod)
  if (numbered) return { owner: { kind: 'StatefulSet', name: numbered[1]!, certainty: 'likely' }, base: pod }
  return { owner: { kind: 'Pod', name: pod, certainty: 'guess' }, base: pod }
}

function withoutRandom(pod: string): string | undefined {
  const match = shapes.random.exec(pod)
  if (match) return match[1]!
  return pod.length === 63 && new RegExp(`${random}$`).test(pod) ? pod.slice(0, 58) : undefined
}

function certain(kind: Owner['kind'], name: string): PodOwner {
  return { owner: { kind, name, certainty: 'certain' }, base: name }
}
