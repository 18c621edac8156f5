import { expect, test } from 'vitest'
import { captureNames, defaultCaptures, type LoadedCapture, loadCapture } from '../../../bench/leadtime/captures.ts'
import { createNotifications } from '../../../src/deliver/policy/notifications.ts'
import { createPipeline } from '../../../src/pipeline.ts'
import type { Alert, Grouping } from '../../../src/types.ts'

const captures = captureNames(defaultCaptures).map(name => loadCapture(defaultCaptures, name))
const crises = captures.filter(({ truth }) => truth.kills.some(({ nodeLevel }) => nodeLevel))

// As long as a person would not notice; a capture was read once a second.
const promptMs = 5_000

test.each(['none', 'incident'] as const)(
  'with grouping %s the first and the second node-level kill of every capture lead to a message within five seconds',
  grouping => {
    expect(crises.length).toBeGreaterThan(5)
    for (const capture of crises) {
      const messages = messagesOf(capture, grouping)
      const kills = capture.truth.kills.filter(({ nodeLevel }) => nodeLevel).slice(0, 2)
      for (const { at, comm } of kills) {
        const of = messages.filter(({ at: sentAt, alert }) => sentAt >= at && sentAt <= at + promptMs && isAbout(alert))
        expect(
          of.length,
          `${capture.name}: ${comm} at ${Math.round((at - capture.truth.from) / 1000)}s`,
        ).toBeGreaterThan(0)
      }
    }
  },
)

test('the whole crisis of a capture is at most 20 messages in a chat', () => {
  for (const capture of crises) {
    expect(messagesOf(capture, 'incident').length, capture.name).toBeLessThanOrEqual(20)
  }
})

function isAbout({ status, signs, type }: Alert): boolean {
  return status === 'firing' && type !== 'agent-impaired' && signs.some(({ sign }) => sign === 'killing')
}

/** What one webhook is sent, and when. */
function messagesOf({ observations, name }: LoadedCapture, grouping: Grouping) {
  const pipeline = createPipeline()
  const webhook = {
    name,
    urls: [],
    format: grouping === 'incident' ? 'slack' : 'generic',
    grouping,
    minSeverity: 'warning',
    locale: 'en',
    timeZone: 'UTC',
    timeoutMs: 0,
  } as const
  const notifications = createNotifications([webhook], 'en')
  return observations.flatMap(observation =>
    notifications
      .observe(observation, pipeline.observe(observation))
      .map(({ alert }) => ({ at: observation.at ?? 0, alert })),
  )
}
