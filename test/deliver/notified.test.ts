import { expect, it } from 'vitest'
import { openOutbox } from '../../src/deliver/outbox/outbox.ts'
import { alertOf, keptLog, tempDir } from './samples.ts'

const subjects = (list: readonly { readonly alert: { readonly subject: string } }[]) =>
  list.map(({ alert }) => alert.subject)

it('the outbox remembers over a restart what each queue holds open, and what it has delivered of that', async () => {
  const stateDir = tempDir()
  const before = openOutbox({ stateDir, log: keptLog() })
  const n = ['sent', 'over', 'refused', 'waiting', 'closed-by-another'].map(subject =>
    before.accept(alertOf({ subject }), ['a', 'b']),
  )
  for (const queue of ['a', 'b']) {
    before.settle(n[0]!, queue)
    before.settle(n[1]!, queue)
    before.settle(n[2]!, queue, false)
    before.settle(n[4]!, queue)
  }
  const closed = `incident-1\nrespawn-loop\nclosed-by-another`
  const end = before.accept(alertOf({ subject: 'over', status: 'resolved' }), ['a', 'b'], [closed])
  before.settle(end, 'a')
  before.settle(end, 'b')
  await before.close()

  const after = openOutbox({ stateDir, log: keptLog() })
  expect(subjects(after.delivered)).toEqual(['sent'])
  expect(after.delivered[0]!.queues).toEqual(['a', 'b'])
  expect(subjects(after.notified()).toSorted()).toEqual(['sent', 'waiting'])
  await after.close()
})

it('it does so when everything was copied to the other file, without the lists of an alert', async () => {
  const stateDir = tempDir()
  const before = openOutbox({ stateDir, bytes: 128 * 1024, log: keptLog() })
  before.settle(before.accept(alertOf({ subject: 'sent' }), ['a']), 'a')
  for (let count = 0; count < 60; count++) {
    before.settle(before.accept(alertOf({ subject: `other-${count}` }), ['a']), 'a', false)
    await before.written()
  }
  await before.close()
  const after = openOutbox({ stateDir, bytes: 128 * 1024, log: keptLog() })
  expect(subjects(after.delivered)).toEqual(['sent'])
  expect(after.delivered[0]!.alert).toMatchObject({ actions: [], evidence: [], holders: [] })
  await after.close()
})
