import { describe, expect, it } from 'vitest'
import { createPseudonyms } from '../../src/recording/pseudonyms.ts'

describe('words in place of names', () => {
  it('are the same for the same name, in whatever place it stands', () => {
    const words = createPseudonyms()
    expect([words.app('payments'), words.namespace('shop'), words.app('payments')]).toEqual(['app-a', 'ns-a', 'app-a'])
    expect(words.text('/shop/payments: task=payments,pid=7')).toBe('/ns-a/app-a: task=app-a,pid=7')
  })

  it('leave the part of a pod’s name that was added at random, so that its owner is recognised as before', () => {
    const words = createPseudonyms()
    const uid = '5f3731b5-2ad0-fb2f-820b-91495eb9961a'
    const named = (pod: string) => words.pod({ pod, uid })
    expect(named('payments-6bcfcb667b-dpbff')).toBe('app-a-6bcfcb667b-dpbff')
    expect(named('payments-6bcfcb667b-x7k2p')).toBe('app-a-6bcfcb667b-x7k2p')
    expect(named('filebeat-x7k2p')).toBe('app-b-x7k2p')
    expect(named('db-0')).toBe('app-c-0')
    expect(named('bare')).toBe('app-d')
  })

  it('take the node’s name out of a static pod’s', () => {
    const words = createPseudonyms()
    words.host('worker-7.example.com')
    const pod = 'kube-proxy-worker-7.example.com'
    expect(words.pod({ pod, uid: '6ee0e5e1c1b9ba0a7bd7d7d2e5a5a5cd' })).toBe('app-a-host-a')
    expect(words.text('worker-7 kernel: worker-7.example.com')).toBe('host-a kernel: host-a')
  })

  it('stand for a name that the kernel has cut at fifteen bytes', () => {
    const words = createPseudonyms()
    words.app('payments-gateway-service')
    expect(words.text('Killed process 7 (payments-gatewa) total-vm:1kB')).toBe('Killed process 7 (app-a) total-vm:1kB')
  })

  it('leave a longer name alone that holds a shorter one, and the kernel’s own words', () => {
    const words = createPseudonyms()
    for (const name of ['api', 'api-gateway', 'memory', 'oom', 'ab', 'kubepods']) words.app(name)
    expect(words.text('api-gateway apix xapi api memory oom-kill ab /kubepods')).toBe(
      'app-b apix xapi app-a memory oom-kill ab /kubepods',
    )
  })

  it('are as many as there are names, and different', () => {
    const words = createPseudonyms()
    const made = Array.from({ length: 800 }, (_, index) => words.app(`name-${index}`))
    expect(new Set(made).size).toBe(800)
    expect(made.every(word => /^app-[a-z]{1,3}$/.test(word))).toBe(true)
  })
})
