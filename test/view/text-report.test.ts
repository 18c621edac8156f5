import { describe, expect, it } from 'vitest'
import { createSimulatedNode } from '../scenarios/simulated-node.ts'
import { oomloop } from '../support/oomloop.ts'
import { hostileRecording } from './recordings.ts'
import { fileOf, fixture, foundingIncident } from './replayed.ts'

const story = async (...args: readonly string[]) => (await oomloop(['replay', ...args])).stdout

describe('the story in the terminal', () => {
  it('tells every kill of the founding incident, the silence between them, and ends with what to do', async () => {
    const text = await story(foundingIncident)
    expect(text.match(/^\d\d:\d\d:\d\d {2}killed /gm)).toHaveLength(8)
    expect(text).toContain('10:00:00  killed filebeat (by name only, pid 3241, held 73 MiB)')
    expect(text).toContain('… 44 min 25 s later …')
    const [, end] = text.split('\nWhat happened\n')
    expect(end).toContain('filebeat was killed twice, 46 min 6 s apart')
    expect(end).toContain('\nWhat to do, in this order\n  1. ')
  })

  it('is plain where there is no terminal, and no line is wider than it must be', async () => {
    const text = await story(foundingIncident)
    expect(text).not.toContain('\u001b')
    for (const line of text.split('\n')) if (!line.includes('  $ ')) expect(line.length).toBeLessThanOrEqual(100)
  })

  it('speaks Chinese where it is told to', async () => {
    const text = await story('--locale', 'zh-CN', fixture('one-kill-in-a-log.jsonl'))
    expect(text).toContain('事件经过')
    expect(text).not.toContain('What happened')
    // A recording brings the language of its node, and is told in that of its reader all the same.
    const recording = await story('--locale', 'zh-CN', fixture('kubelet-killed.jsonl.gz'))
    expect(recording).toContain('原因')
    expect(recording).not.toMatch(/\b(the kernel|memory|killed|restart the)\b/i)
  })

  it('counts every workload that went round, told on its own or as a member', async () => {
    const node = createSimulatedNode()
    const places = ['aa-0', 'bb-0', 'cc-0', 'dd-0'].map(name => node.pod({ name, container: 'app' }))
    for (let round = 0; round < 3; round++) {
      for (const [index, place] of places.entries()) {
        const life = node.start(place, { comm: 'java', rssMiB: 300 })
        node.wait(10)
        node.kill(life, { by: 'own' })
        places[index] = node.restarted(place)
      }
    }
    const lines = [node.header(), ...node.observations()].map(line => `${JSON.stringify(line)}\n`)
    const { stdout } = await oomloop(['replay', '-'], { input: lines.join('') })
    expect(stdout.replace(/\s+/g, ' ')).toContain('; 3 further workloads went round as well')
  })

  it('tells kills that are older than the watch beside what the kernel counted', async () => {
    const node = createSimulatedNode()
    const text =
      'Out of memory: Killed process 4711 (old) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0'
    node.emit({ kind: 'kernel', text, estimated: true })
    const life = node.start(node.pod({ name: 'aa-0' }), { comm: 'java', rssMiB: 300 })
    node.wait(10)
    node.kill(life)
    node.wait(10)
    const lines = [node.header(), ...node.observations()].map(line => `${JSON.stringify(line)}\n`)
    const { stdout } = await oomloop(['replay', '-'], { input: lines.join('') })
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'The kernel counted 1 kill. 1 was seen, 1 of them known by their cgroup; 0 records were lost. 1 more is older than the watch',
    )
  })

  it('says that nothing happened where nothing did', async () => {
    const { stdout, code } = await oomloop(['replay', fixture('healthy-swap.jsonl.gz')])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Nothing happened on node-1 .*: no OOM kill and no\s+alert/)
    expect(stdout).not.toContain('killed')
  })

  it('counts the repeats of a loop rather than telling a thousand lines', async () => {
    const text = await story(fixture('back-off-to-five-minutes.jsonl.gz'))
    expect(text.match(/killed/g)!.length).toBeLessThan(15)
    expect(text).toMatch(/… and \d+ more of it until \d\d:\d\d:\d\d/)
  })

  it('shows hostile names as what they are', async () => {
    const text = await story(fileOf('hostile.jsonl', hostileRecording()))
    expect(text).toContain('\\x1b[2J')
    expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text)).toBe(false)
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(700)
  })
})
