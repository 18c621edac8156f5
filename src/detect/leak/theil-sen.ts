/** A trend of equally spaced readings: robust against outliers, and against the odd step. */
export interface Trend {
  /** Median of the slopes between all pairs, per step. */
  readonly slope: number
  /** Share of pairs that rise less those that fall, -1 to 1 (Kendall's tau). */
  readonly rising: number
  /** Median distance from the line, in the unit of the readings. */
  readonly noise: number
}

/** More readings than any window has. Buffers of their own for each trend would lie outside V8's heap and be freed late. */
const mostReadings = 96
const slopes = new Float64Array((mostReadings * (mostReadings - 1)) / 2)
const distances = new Float64Array(mostReadings)
const present = new Uint8Array(mostReadings)

/**
 * Theil–Sen estimator: the median of the slopes between all pairs (Sen 1968). A quarter of the readings may be wrong
 * without much effect, where least squares follow each one. null where fewer than four fifths of the readings are there.
 * Missing readings are NaN. Oldest first. Where less than `leastRising` rises, the answer is null as well, and cheap.
 * Of more than 96 readings the last 96 count.
 */
export function theilSen(all: Float32Array, leastRising = -1): Trend | null {
  const readings = all.length > mostReadings ? all.subarray(all.length - mostReadings) : all
  let count = 0
  for (let index = 0; index < readings.length; index++) if (!Number.isNaN(readings[index]!)) present[count++] = index
  if (count < Math.max(8, readings.length * 0.8)) return null
  const rising = kendall(readings, count)
  if (rising < leastRising) return null
  let pairs = 0
  for (let a = 0; a < count; a++) {
    const from = present[a]!
    const KiB = readings[from]!
    for (let b = a + 1; b < count; b++) slopes[pairs++] = (readings[present[b]!]! - KiB) / (present[b]! - from)
  }
  const slope = medianOf(slopes, pairs)
  for (let each = 0; each < count; each++) distances[each] = readings[present[each]!]! - slope * present[each]!
  const offset = medianOf(distances, count)
  for (let each = 0; each < count; each++)
    distances[each] = Math.abs(readings[present[each]!]! - offset - slope * present[each]!)
  return { slope, rising, noise: medianOf(distances, count) }
}

function kendall(readings: Float32Array, count: number): number {
  let rising = 0
  for (let a = 0; a < count; a++) {
    const KiB = readings[present[a]!]!
    for (let b = a + 1; b < count; b++) {
      const change = readings[present[b]!]! - KiB
      if (change > 0) rising++
      else if (change < 0) rising--
    }
  }
  return rising / ((count * (count - 1)) / 2)
}

/** Of the first `count` values, which it reorders. */
function medianOf(values: Float64Array, count: number): number {
  const middle = count >> 1
  const upper = select(values, count, middle)
  if (count % 2 === 1) return upper
  let lower = Number.NEGATIVE_INFINITY
  for (let index = 0; index < middle; index++) if (values[index]! > lower) lower = values[index]!
  return (lower + upper) / 2
}

/** Hoare's quickselect: puts the value of rank `rank` in its place, lower ones before it. Linear where a sort is not. */
function select(values: Float64Array, count: number, rank: number): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let left = low
    let right = high
    while (left <= right) {
      while (values[left]! < pivot) left++
      while (values[right]! > pivot) right--
      if (left <= right) {
        const value = values[left]!
        values[left++] = values[right]!
        values[right--] = value
      }
    }
    if (rank <= right) high = right
    else if (rank >= left) low = left
    else break
  }
  return values[rank]!
}
