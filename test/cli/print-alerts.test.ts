import { expect, it } from 'vitest'
import { createAlertPrinter } from '../../src/cli/run/print-alerts.ts'
import { alertOf } from '../deliver/samples.ts'

const text = { output: 'text', locale: 'en', timeZone: 'UTC' } as const

it('with output json every alert is one JSON line on stdout, and no text beside it', () => {
  const lines: string[] = []
  const out: string[] = []
  const printer = createAlertPrinter(
    { ...text, output: 'json' },
    line => out.push(line),
    () => line => lines.push(line),
  )
  const alert = alertOf({ summary: 'line\nbreak' })
  printer.everyAlert(alert)
  printer.print(alert)
  expect(lines).toHaveLength(1)
  expect(lines[0]!.endsWith('\n') && !lines[0]!.slice(0, -1).includes('\n')).toBe(true)
  expect(JSON.parse(lines[0]!)).toEqual(JSON.parse(JSON.stringify(alert)))
  expect(out).toEqual([])
})

it('with output text an alert without a webhook is printed for people, and one with a webhook is not', () => {
  const out: string[] = []
  const printer = createAlertPrinter(text, line => out.push(line))
  printer.everyAlert(alertOf())
  expect(out).toEqual([])
  printer.print(alertOf())
  expect(out[0]).toContain('CRITICAL: OOM-kill loop on node-7')
})
