import { nameOfKey } from '../../../diagnose/evidence/workload-names.ts'
import { cellsOf, fitted, harmless } from '../../../text/cell-width.ts'
import { sizeChangeText, sizeText } from '../../../text/messages/format.ts'
import type { Holding } from '../../../types.ts'
import type { BlockOptions } from './options.ts'
import type { WatchView } from './view.ts'

/** From this width on, top consumers and fastest growing stand side by side. */
const leastColumns = 120

export function hasUsage({ usage }: WatchView, { screenColumns }: BlockOptions): boolean {
  return usage !== undefined && usage.holders.length > 0 && screenColumns >= leastColumns
}

/** Top consumers and the fastest growing, side by side; nothing where the screen is too small. */
export function usageBlock(view: WatchView, options: BlockOptions, rows: number): string[] {
  const { t, paint, columns } = options
  const { usage } = view
  if (!usage || !hasUsage(view, options) || rows < 3) return []
  const width = Math.floor((columns - 3) / 2)
  const left = column(usage.holders, width, rows - 2, ({ KiB }) => sizeText(KiB))
  const grown = usage.growers.filter(({ changeKiB }) => changeKiB !== null && changeKiB > 0)
  const right = column(grown, width, rows - 2, ({ changeKiB }) => sizeChangeText(changeKiB ?? 0))
  if (left.length + right.length === 0) return []
  const count = Math.max(left.length, right.length)
  const lines = Array.from({ length: count }, (_, at) => `${left[at] ?? ' '.repeat(width)}   ${right[at] ?? ''}`)
  return [`${paint(fitted(t.consumers, width), 'bold')}   ${paint(fitted(t.growers, width), 'bold')}`, ...lines, '']
}

function column(some: readonly Holding[], width: number, rows: number, size: (one: Holding) => string): string[] {
  return some.slice(0, rows).map(one => {
    const text = size(one)
    return `${fitted(harmless(nameOfKey(one.workload), 160), Math.max(8, width - cellsOf(text) - 1))} ${text}`
  })
}
