import { expect, it } from 'vitest'
import { createAgent } from '../../src/agent/agent.ts'
import { createNotifications } from '../../src/deliver/policy/notifications.ts'
import { unknownHost } from '../../src/host-facts-unknown.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { webhookOf } from '../deliver/samples.ts'

const cgroup = `/docker/${'a'.repeat(64)}`
const textsOf = (pid: number) => [
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},task=java,pid=${pid},uid=0`,
  `Memory cgroup out of memory: Killed process ${pid} (java) total-vm:82544kB, anon-rss:62320kB, file-rss:6796kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:900`,
]

it('a kill is recorded, then handed to the disk, then judged; its alert is sent before anything is logged of it', () => {
  const steps: string[] = []
  const note = (step: string) => (): void => void steps.push(step)
  const notifications = createNotifications([webhookOf('http://127.0.0.1:9/')], 'en')
  const agent = createAgent({
    log: { debug: note('log'), info: note('log'), warn: note('log'), error: note('log') },
    record: ({ kind }) => void (kind === 'kernel' && steps.push('record')),
    notifications: () => notifications,
    onKill: note('disk'),
    send: note('send'),
    observe: () => false,
    now: () => 0,
  })
  agent.begin(defaultCoreSettings, { ...unknownHost, sight: 'host', bootedAt: 0 }, false)
  const stepsOf = (life: number): readonly string[] => {
    steps.length = 0
    for (const [line, text] of textsOf(100 + life).entries())
      agent.emit({ kind: 'kernel', at: life * 1000, text, seq: life * 2 + line, level: 4 })
    return [...steps]
  }
  expect(stepsOf(1)).toEqual(['record', 'record', 'disk'])
  expect(stepsOf(2)).toEqual(['record', 'record', 'disk', 'send', 'log'])
})
