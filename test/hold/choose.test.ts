import { describe, expect, it } from 'vitest'
import { chatText } from '../../src/deliver/format/chat-text.ts'
import { growthStory } from './story.ts'

const three = [1, 2, 3].map(number => ({ name: `worker${number}-7d9f8c6b5d-ab4cd`, fromMiB: 150, MiBPerSecond: 0.5 }))
const steady = { name: 'cache-7d9f8c6b5d-ab4cd', fromMiB: 100, MiBPerSecond: 0 }

describe('which containers are held', () => {
  it('those that grew and explain most of what the node lost, the steady one not', () => {
    const story = growthStory({ growers: [...three, steady] })
    story.step(150)
    const { targets, why } = story.pipeline.holdChoice()
    expect(why).toBeNull()
    expect(targets.map(({ workload }) => workload.pod).sort()).toEqual(three.map(({ name }) => name))
    for (const { growthKiBPerSecond } of targets) expect(growthKiBPerSecond / 512).toBeCloseTo(1, 0)
  })

  it('at most four containers are held, and none that grew much less than the others', () => {
    const growers = [1, 2, 3, 4, 5, 6].map(number => ({
      name: `w${number}-7d9f8c6b5d-ab4cd`,
      fromMiB: 80,
      MiBPerSecond: 0.4,
    }))
    const story = growthStory({
      growers: [...growers, { name: 'slow-7d9f8c6b5d-ab4cd', fromMiB: 50, MiBPerSecond: 0.15 }],
    })
    story.step(120)
    expect(story.pipeline.holdChoice().targets).toHaveLength(4)
    const two = growthStory({
      growers: [
        { name: 'fast-7d9f8c6b5d-ab4cd', fromMiB: 100, MiBPerSecond: 3 },
        { name: 'slow-7d9f8c6b5d-ab4cd', fromMiB: 100, MiBPerSecond: 0.3 },
      ],
    })
    two.step(100)
    expect(two.pipeline.holdChoice().targets.map(({ workload }) => workload.pod)).toEqual(['fast-7d9f8c6b5d-ab4cd'])
  })

  it('a container that has stopped growing is not held', () => {
    const story = growthStory({
      growers: [{ name: 'jvm-7d9f8c6b5d-ab4cd', comm: 'java', fromMiB: 100, MiBPerSecond: 3 }],
    })
    story.step(60)
    story.slowDown()
    story.step(40)
    expect(story.pipeline.holdChoice().targets).toEqual([])
  })

  it.each([
    ['of kube-system', { namespace: 'kube-system' }],
    ['that is critical for the node', { adj: -997 }],
    ['that is a database', { comm: 'postgres' }],
    ['of a StatefulSet', { name: 'queue-0' }],
  ])('none %s', (_name, is) => {
    const story = growthStory({
      growers: [{ name: 'worker1-7d9f8c6b5d-ab4cd', fromMiB: 150, MiBPerSecond: 1.5, ...is }],
    })
    story.step(120)
    expect(story.pipeline.holdChoice()).toEqual({ targets: [], why: 'protected' })
  })

  it.each([
    ['files in a tmpfs', 'shmem', 'tmpfs'],
    ['memory of the kernel', 'kernel', 'unexplained'],
  ] as const)('none where the growth is %s', (_name, as, why) => {
    const story = growthStory({ growers: [{ name: 'worker1-7d9f8c6b5d-ab4cd', fromMiB: 150, MiBPerSecond: 1.5, as }] })
    story.step(120)
    expect(story.pipeline.holdChoice()).toEqual({ targets: [], why })
  })

  it('none where something else took most of it', () => {
    const story = growthStory({
      growers: [{ name: 'worker1-7d9f8c6b5d-ab4cd', fromMiB: 150, MiBPerSecond: 0.4 }],
      otherMiBPerSecond: 2,
    })
    story.step(120)
    expect(story.pipeline.holdChoice().why).toBe('unexplained')
  })

  it('none without cgroup v2', () => {
    const story = growthStory({ growers: three, host: { cgroupVersion: 'v1' } })
    story.step(120)
    expect(story.pipeline.holdChoice().why).toBe('no-cgroup-v2')
  })

  it('none with hold: off, and nothing is said of it', () => {
    const story = growthStory({ growers: three, hold: 'off' })
    story.node.reclaim({ readBackMiBPerSecond: 20, fullRatio: 0 })
    story.step(260)
    expect(story.pipeline.holdChoice().targets).toEqual([])
    expect(story.alerts.length).toBeGreaterThan(0)
    expect(JSON.stringify(story.alerts)).not.toContain('memory.high')
  })
})

describe('what the alert says', () => {
  const texts = (story: ReturnType<typeof growthStory>) => story.alerts.at(-1)!.actions

  it('with hold: suggest, the command for each container', () => {
    const story = growthStory({ growers: three, hold: 'suggest' })
    story.node.reclaim({ readBackMiBPerSecond: 20, fullRatio: 0 })
    story.step(260)
    const commands = texts(story).flatMap(({ command }) => (command?.includes('memory.high') ? [command] : []))
    expect(commands).toHaveLength(3)
    const path = `/sys/fs/cgroup${story.place(0)}/memory.high`
    expect(commands.find(command => command.includes(path))).toMatch(
      new RegExp(`^cat ${path.replaceAll('.', '\\.')} && echo \\d+ > ${path.replaceAll('.', '\\.')}$`),
    )
  })

  it('with hold: on, what is slowed down, since when, and what that saved', () => {
    const story = growthStory({ growers: three })
    story.node.reclaim({ readBackMiBPerSecond: 20, fullRatio: 0 })
    story.step(260)
    expect(texts(story).some(action => action.do.includes('oomloop slows down the growth of'))).toBe(true)
    const before = story.alerts.length
    story.slowDown()
    story.report([{ startKiB: 200_000, currentKiB: 200_000 }])
    story.step(1)
    expect(story.alerts.length).toBe(before + 1)
    const alert = story.alerts.at(-1)!
    expect(alert.signs.map(({ sign }) => sign)).toContain('held')
    expect(alert.hold).toMatchObject([{ workload: expect.stringContaining('worker1-7d9f8c6b5d-ab4cd'), until: null }])
    expect(alert.actions.some(action => action.command === 'oomloop hold --release')).toBe(true)
    expect(alert.summary).toContain('oomloop has slowed down a workload')
  })

  it('that the shortage is over only after the release, and what was saved', () => {
    const story = growthStory({ growers: three })
    story.node.reclaim({ readBackMiBPerSecond: 20, fullRatio: 0 })
    story.step(260)
    story.slowDown()
    const since = story.pipeline.world().now
    story.report([{ since }])
    story.node.reclaim({ readBackMiBPerSecond: 0, fullRatio: 0 })
    story.step(400)
    expect(story.alerts.some(({ status }) => status === 'resolved')).toBe(false)
    const at = story.pipeline.world().now
    story.relieve(500)
    story.report([], [{ cgroup: story.place(0), since, at, why: 'headroom', savedKiB: 60_000 }])
    story.step(400)
    const over = story.alerts.at(-1)!
    expect(over.status).toBe('resolved')
    expect(over.hold).toMatchObject([{ why: 'headroom', savedKiB: 60_000 }])
  })
})

describe('what chats and the report show', () => {
  it('what is slowed down, since when, until when, and how much that saved', () => {
    const story = growthStory({ growers: three })
    story.node.reclaim({ readBackMiBPerSecond: 20, fullRatio: 0 })
    story.step(260)
    const since = story.pipeline.world().now
    story.report([{ since, growthKiBPerSecond: 512 }])
    story.step(1)
    const { parts } = chatText(story.alerts.at(-1)!, { locale: 'en' })
    expect(parts.find(({ label }) => label === 'Slowed down')?.text).toMatch(/worker1.* since .*, 512 KiB saved$/)
  })
})
