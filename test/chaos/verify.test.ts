import { describe, expect, it } from 'vitest'
import { alertNumber, type ChaosPlan } from './plan.ts'
import { verify } from './verify.ts'

const plan: ChaosPlan = {
  seed: 7,
  alerts: [
    { incident: 1, subject: 1, over: false },
    { incident: 1, subject: 1, over: false },
    { incident: 1, subject: 2, over: false },
    { incident: 1, subject: 1, over: true },
  ],
  livesMs: [],
  clockSkewsMs: [0],
  fullDisk: false,
}
const taken = (index: number, fields: object = {}) => {
  const alert = { ...alertNumber(plan, index), ...fields }
  return { header: alert.id, body: JSON.stringify(alert) }
}

describe('the judge of the chaos rounds', () => {
  it('finds nothing wrong where every alert arrived in order', () => {
    expect(
      verify(
        plan,
        [0, 1, 2, 3].map(index => taken(index)),
      ),
    ).toMatchObject({ lost: [], changed: [], outOfOrder: [] })
  })

  it('counts a stale update as overtaken, not as lost', () => {
    expect(verify(plan, [taken(1), taken(2), taken(3)])).toMatchObject({ lost: [], overtaken: 1 })
  })

  it('finds an alert that nothing newer replaced', () => {
    expect(verify(plan, [taken(0), taken(1), taken(3)]).lost).toEqual(['7-2'])
  })

  it('finds a firing alert that was never sent before its end', () => {
    expect(verify(plan, [taken(2), taken(3)]).lost).toEqual(['7-0', '7-1'])
  })

  it('finds an alert that came with another id or other content', () => {
    expect(verify(plan, [taken(0, { id: '7-9' })]).changed).toEqual(['7-9'])
    expect(verify(plan, [taken(0, { severity: 'info' })]).changed).toEqual(['7-0'])
    expect(verify(plan, [{ ...taken(0), header: '7-1' }]).changed).toEqual(['7-1'])
  })

  it('finds a first delivery that comes after a newer one, but no repeated one', () => {
    expect(verify(plan, [taken(1), taken(0)]).outOfOrder).toEqual(['7-0'])
    expect(verify(plan, [taken(0), taken(1), taken(0)]).outOfOrder).toEqual([])
  })
})
