import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../src/types.ts'
import { oomloop } from './support/oomloop.ts'
import { expectValid, expectValidLines } from './support/schema.ts'

const docs = readFileSync(resolve(import.meta.dirname, '../docs/contracts.md'), 'utf8')
const [, scenario = ''] = /```jsonl\n([\s\S]*?)```/.exec(docs) ?? []
const [, captureHeader = ''] = /```json\n(.*)\n```/.exec(docs) ?? []

const file = join(mkdtempSync(join(tmpdir(), 'oomloop-contracts-')), 'loop.jsonl')
writeFileSync(file, scenario)

describe('docs/contracts.md', () => {
  it('has a scenario of ten lines that is as the schema says, and a header of a capture likewise', () => {
    expect(scenario.trimEnd().split('\n')).toHaveLength(10)
    expectValidLines('recording', scenario)
    expectValid('capture', JSON.parse(captureHeader))
  })

  it('has a scenario that runs, and reports the loop that the document describes', async () => {
    const { code, stdout, stderr } = await oomloop(['replay', '--alerts', file])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    const alerts = stdout
      .trimEnd()
      .split('\n')
      .map(line => expectValid<Alert>('alert', JSON.parse(line)))
    expect(alerts.filter(({ type }) => type === 'respawn-loop')).toMatchObject([
      {
        status: 'firing',
        severity: 'critical',
        node: { name: 'node-1' },
        workload: { namespace: 'logging', owner: { kind: 'DaemonSet', name: 'filebeat' } },
        loop: { kills: 2, respawns: 1, pids: [3241, 8437], medianPeriodSeconds: 35, certainty: 'seen' },
      },
    ])
    expect((await oomloop(['replay', '--alerts', file])).stdout).toBe(stdout)
  })

  it('has links that lead somewhere', () => {
    const targets = [...docs.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) =>
      resolve(import.meta.dirname, '../docs', target!),
    )
    expect(targets.length).toBeGreaterThan(5)
    for (const target of targets) expect(readFileSync(target, 'utf8').length).toBeGreaterThan(0)
  })
})
