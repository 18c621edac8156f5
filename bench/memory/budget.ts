import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What was measured, each as a ratio to bare Node.js in the same run: machines and versions differ, ratios barely do. */
export type Ratios = Readonly<Record<string, number>>

const file = join(import.meta.dirname, 'budget.json')
/** So much more than its budget is a regression. */
const tolerance = 1.1
/** And so much differs from run to run: some 190 KiB. */
const noise = 0.02

/** A line for each budget that is exceeded, or that nothing was measured for. */
export function overBudget(measured: Ratios): readonly string[] {
  const budget = JSON.parse(readFileSync(file, 'utf8')) as Ratios
  return Object.entries(budget).flatMap(([name, allowed]) => {
    const now = measured[name]
    if (now === undefined) return [`${name}: not measured`]
    if (now <= allowed * tolerance + noise) return []
    return [`${name}: ${now} times bare Node.js, budget ${allowed} (${Math.round((now / allowed - 1) * 100)}% more)`]
  })
}

export function writeBudget(measured: Ratios): void {
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`)
}
