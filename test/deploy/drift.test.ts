import { describe, expect, it } from 'vitest'
import { canonicalQuantity, driftOf } from './drift.ts'
import { helm, kustomize, overlays, whyNoHelm, whyNoKustomize } from './manifests.ts'
import { valueSets } from './value-sets.ts'

/** `kubectl apply` twice changes nothing: what is applied is what the API server writes back. */
describe('nothing in the manifests is rewritten by the API server', () => {
  it.skipIf(whyNoKustomize).each(overlays)('kustomize %s', name => {
    expect(kustomize(name).flatMap(driftOf)).toEqual([])
  })

  it.skipIf(whyNoHelm).each(Object.keys(valueSets))('the chart with %s', name => {
    expect(helm(valueSets[name]!).flatMap(driftOf)).toEqual([])
  })

  it.each([
    ['100000', '100k'],
    ['100k', '100k'],
    ['1024Mi', '1Gi'],
    ['128Mi', '128Mi'],
    ['1536Mi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['0.02', '20m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['20m', '20m'],
    ['2000', '2k'],
    ['0', '0'],
  ])('the quantity %s is written back as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical)
  })

  it('a rewritten quantity, a null and an empty map are found by their path', () => {
    const spec = { hard: { pods: 100000 }, selector: {}, labels: {}, a: [{ b: null }], volumes: [{ emptyDir: {} }] }
    expect(driftOf({ spec })).toEqual([
      'spec.hard.pods: 100000 is written back as 100k',
      'spec.labels: an empty value is dropped',
      'spec.a.0.b: null is dropped',
    ])
  })
})
