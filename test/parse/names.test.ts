import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseContainerLog, parsePodLogDirectory } from '../../src/parse/kubernetes/pod-name.ts'
import {
  parseContainerdBundle,
  parseCrioBundle,
  parseDockerConfig,
  parsePodmanContainers,
} from '../../src/parse/kubernetes/runtime-state.ts'

const id = 'a'.repeat(64)

test('a folder of /var/log/pods names namespace, pod and uid, in this order', () => {
  expect(parsePodLogDirectory('kube-system_filebeat-x7k2p_37ab7c6e')).toEqual({
    namespace: 'kube-system',
    pod: 'filebeat-x7k2p',
    uid: '37ab7c6e',
  })
  for (const name of ['a_b', 'a_b_c_d', '_b_c', '', 'lost+found']) expect(parsePodLogDirectory(name)).toBeUndefined()
})

test('a link of /var/log/containers names the pod first, and its container may hold dashes', () => {
  expect(parseContainerLog(`web-0_shop_side-car-${id}.log`)).toEqual({
    pod: 'web-0',
    namespace: 'shop',
    container: 'side-car',
    id,
  })
  for (const name of [`web_shop_c-${id.slice(1)}.log`, `web_shop_c-${id}`, 'web_shop.log', '']) {
    expect(parseContainerLog(name)).toBeUndefined()
  }
})

test('of docker’s labels only the pod’s own are kept', () => {
  const text = JSON.stringify({
    Name: '/k8s_x',
    Config: { Labels: { app: 'x', 'io.kubernetes.pod.name': 'x-0', 'annotation.y': 'z' } },
  })
  expect(parseDockerConfig(text)).toMatchObject({ name: 'k8s_x', pod: 'x-0', labels: { app: 'x' }, isSandbox: false })
})

test('state that is half written, or another runtime’s, names nothing', () => {
  for (const text of ['', '{', '[]', 'null', '3', '{"annotations":{}}', '{"Config":null}']) {
    expect(parseContainerdBundle(text)).toBeUndefined()
    expect(parseCrioBundle(text)).toBeUndefined()
    expect(parseDockerConfig(text)).toBeUndefined()
    expect(parsePodmanContainers(text).size).toBe(0)
  }
})

test('no text and no JSON makes them throw', () => {
  const anyJson = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map(value => JSON.stringify({ annotations: value, Config: { Labels: value }, Name: value })),
  )
  fc.assert(
    fc.property(anyJson, text => {
      for (const parse of [
        parseContainerdBundle,
        parseCrioBundle,
        parseDockerConfig,
        parsePodmanContainers,
        parsePodLogDirectory,
        parseContainerLog,
      ])
        parse(text)
    }),
    { numRuns: 500 },
  )
})
