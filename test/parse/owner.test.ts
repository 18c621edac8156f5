import { expect, test } from 'vitest'
import { ownerOf } from '../../src/parse/kubernetes/owner.ts'

const uid = '37ab7c6e-08d5-482d-9f69-de131666713d'

test.each([
  ['web-6bcfcb667b-dpbff', 'Deployment', 'web', 'likely', 'web'],
  ['filebeat-x7k2p', 'DaemonSet', 'filebeat', 'guess', 'filebeat'],
  ['db-0', 'StatefulSet', 'db', 'likely', 'db-0'],
  ['report-29361180-tz4lw', 'CronJob', 'report', 'likely', 'report'],
  ['report-1610000000-tz4lw', 'CronJob', 'report', 'likely', 'report'],
  ['train-3-zx9vw', 'Job', 'train', 'guess', 'train-3'],
  ['lonely', 'Pod', 'lonely', 'guess', 'lonely'],
  // Vowels and the digits 0, 1 and 3 are in no random suffix.
  ['my-apple', 'Pod', 'my-apple', 'guess', 'my-apple'],
  ['app-a1b2c', 'Pod', 'app-a1b2c', 'guess', 'app-a1b2c'],
])('the shape of %s says %s', (pod, kind, name, certainty, base) => {
  expect(ownerOf({ pod, uid, node: 'n1' })).toEqual({ owner: { kind, name, certainty }, base })
})

test('labels are certain where a name is a guess', () => {
  const labelled = (pod: string, labels: Record<string, string>) => ownerOf({ pod, uid, node: 'n1', labels })
  expect(labelled('web-4-dpbff', { 'pod-template-hash': '4' })).toMatchObject({
    owner: { kind: 'Deployment', name: 'web', certainty: 'certain' },
  })
  expect(labelled('agent-x7k2p', { 'controller-revision-hash': 'x', 'pod-template-generation': '1' })).toMatchObject({
    owner: { kind: 'DaemonSet', name: 'agent', certainty: 'certain' },
  })
  expect(labelled('db-0', { 'statefulset.kubernetes.io/pod-name': 'db-0', 'controller-revision-hash': 'x' })).toEqual({
    owner: { kind: 'StatefulSet', name: 'db', certainty: 'certain' },
    base: 'db-0',
  })
  expect(labelled('one-x7k2p', { 'batch.kubernetes.io/job-name': 'one' })).toMatchObject({
    owner: { kind: 'Job', certainty: 'certain' },
  })
  expect(labelled('n-29361180-x7k2p', { 'job-name': 'n-29361180' })).toMatchObject({
    owner: { kind: 'CronJob', name: 'n' },
  })
})

test('a static pod is recognised by its uid, and its node’s name is no part of what it is', () => {
  const pod = { pod: 'kube-apiserver-node-1', uid: '6ee0e5e1c1b9ba0a7bd7d7d2e5a5a5cd', node: 'Node-1' }
  expect(ownerOf(pod)).toEqual({
    owner: { kind: 'StaticPod', name: 'kube-apiserver', certainty: 'certain' },
    base: 'kube-apiserver',
  })
  expect(ownerOf({ ...pod, node: 'other' }).base).toBe('kube-apiserver-node-1')
})

test('a name that generateName has cut keeps its base over a new suffix', () => {
  const base = 'x'.repeat(58)
  expect(ownerOf({ pod: `${base}bcdfg`, uid, node: null }).base).toBe(
    ownerOf({ pod: `${base}zz2wq`, uid, node: null }).base,
  )
})

test('a pod that is recreated has the base that it had', () => {
  for (const [before, after] of [
    ['web-6bcfcb667b-dpbff', 'web-7d4f9c5b6-kk4xz'],
    ['filebeat-x7k2p', 'filebeat-9fk2w'],
    ['report-29361180-tz4lw', 'report-29361240-qq5rs'],
  ] as const) {
    expect(ownerOf({ pod: before, uid, node: null }).base).toBe(ownerOf({ pod: after, uid, node: null }).base)
  }
})
