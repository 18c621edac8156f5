/**
 * How long the page of 5000 kills over six hours (a sample a second) takes to make and to open, as a ratio to judging
 * the same recording (`replay --alerts`); and how large it is. Opening needs Debian's chromium.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromiumPath, launchChromium } from '../test/support/chromium.ts'
import { stormRecording } from '../test/view/recordings.ts'
import type { BenchOptions } from './main.ts'

const root = join(import.meta.dirname, '..')
const bundle = join(root, 'dist/oomloop.mjs')
const program = existsSync(bundle) ? bundle : join(root, 'src/main.ts')

export async function run({ json }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'oomloop-report-'))
  try {
    const recording = join(directory, 'storm.jsonl')
    const page = join(directory, 'storm.html')
    writeFileSync(recording, stormRecording())
    const judgeMs = best(() => oomloop('replay', '--alerts', recording))
    const makeMs = best(() => oomloop('report', recording, '-o', page))
    const bytes = statSync(page).size
    const openMs = chromiumPath ? await opened(page) : null
    const result = { program, judgeMs, makeMs, ratio: makeMs / judgeMs, bytes, openMs }
    if (json) console.log(JSON.stringify(result))
    else {
      console.log(
        `5000 kills over 6 h, ${(statSync(recording).size / 1e6).toFixed(0)} MB of recording (${program.slice(root.length + 1)})`,
      )
      console.log(
        `replay --alerts ${judgeMs.toFixed(0)} ms, report ${makeMs.toFixed(0)} ms: ${result.ratio.toFixed(2)} times`,
      )
      console.log(
        `the page has ${(bytes / 1e6).toFixed(2)} MB, and ${openMs === null ? 'was not opened: no chromium' : `opens in ${openMs.toFixed(0)} ms`}`,
      )
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The best of three: what else the machine does only adds. */
function best(what: () => void): number {
  return Math.min(
    ...Array.from({ length: 3 }, () => {
      const from = performance.now()
      what()
      return performance.now() - from
    }),
  )
}

function oomloop(...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', maxBuffer: 1e9 })
  if (status !== 1) throw new Error(`oomloop ${args[0]} ended with ${status}: ${stderr}`)
}

/** From the call to the end of loading and one frame drawn. */
async function opened(page: string): Promise<number> {
  const browser = await launchChromium()
  let bestMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const tab = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const from = performance.now()
    await tab.goto(pathToFileURL(page).href, { waitUntil: 'load' })
    await tab.evaluate('new Promise(done => requestAnimationFrame(() => setTimeout(done)))')
    bestMs = Math.min(bestMs, performance.now() - from)
    await tab.close()
  }
  await browser.close()
  return bestMs
}
