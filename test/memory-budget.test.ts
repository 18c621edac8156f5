import { expect, it } from 'vitest'
import budget from '../bench/memory/budget.json' with { type: 'json' }
import { overBudget } from '../bench/memory/budget.ts'

it('a module more than 10% above its memory budget is a regression, and one that was not measured is reported', () => {
  expect(overBudget(budget)).toEqual([])
  const within = Object.fromEntries(Object.entries(budget).map(([name, ratio]) => [name, ratio * 1.09]))
  expect(overBudget(within)).toEqual([])
  expect(overBudget({ ...budget, 'module delivery': budget['module delivery'] * 1.2 })).toEqual([
    expect.stringMatching(/^module delivery: .* \(20% more\)$/),
  ])
  const { 'at rest': _, ...others } = budget
  expect(overBudget(others)).toEqual(['at rest: not measured'])
})
