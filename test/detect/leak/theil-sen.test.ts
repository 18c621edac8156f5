import { expect, test } from 'vitest'
import { theilSen } from '../../../src/detect/leak/theil-sen.ts'

const line = (count: number, slope: number) => Float32Array.from({ length: count }, (_, index) => 100 + slope * index)

test('finds the slope of a line, and no noise', () => {
  expect(theilSen(line(20, 3))).toMatchObject({ slope: 3, rising: 1, noise: 0 })
})

test('a fifth of wrong readings does not change the slope, where least squares would follow', () => {
  const readings = line(30, 2).map((value, index) => (index % 5 === 4 ? value + 5000 : value))
  expect(theilSen(readings)!.slope).toBeCloseTo(2, 0)
})

test('does without a few missing readings, and says nothing when a fifth is missing', () => {
  const missing = (every: number) => line(30, 2).map((value, index) => (index % every === 0 ? Number.NaN : value))
  expect(theilSen(missing(10))!.slope).toBe(2)
  expect(theilSen(missing(3))).toBeNull()
})

test('a rise that is too uneven is not a trend', () => {
  const saw = Float32Array.from({ length: 30 }, (_, index) => (index % 7) * 10)
  expect(theilSen(saw, 0.7)).toBeNull()
})
