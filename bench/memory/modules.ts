import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { engineFlags } from '../../packaging/engine-flags.ts'
import { bundle } from '../../scripts/build.ts'

const root = resolve(import.meta.dirname, '../..')

/** What one module of the agent occupies after it did its work once: anonymous memory over that of an empty program, KiB. */
export interface ModuleCost {
  readonly module: string
  readonly anonymousKiB: number
}

/** What one more thing that the agent remembers costs, bytes of heap. */
export interface UnitCost {
  readonly unit: string
  readonly bytes: number
}

/** Each module is bundled and run on its own, three times, with the flags of the executable; the median counts. */
export async function measureModules(
  webhook: string,
): Promise<{ readonly bareKiB: number; readonly costs: readonly ModuleCost[] }> {
  const bareKiB = await measured('')
  const costs: ModuleCost[] = []
  for (const [module, text] of Object.entries(modules))
    costs.push({ module, anonymousKiB: (await measured(text, webhook)) - bareKiB })
  return { bareKiB, costs }
}

const modules: Readonly<Record<string, string>> = {
  texts: `import { messagesOf } from './src/text/messages/catalogues.ts'
    globalThis.kept = [messagesOf('en'), messagesOf('zh-CN')]`,
  log: `import { createLog } from './src/log.ts'
    createLog('info', 2).info({ module: 'log' }, 'a line')`,
  settings: `import { loadSettings } from './src/settings/load.ts'
    import { writeFileSync } from 'node:fs'
    writeFileSync('oomloop.yaml', 'webhooks:\\n  - url: ' + process.env.WEBHOOK)
    globalThis.kept = loadSettings({ file: 'oomloop.yaml', flags: {}, environment: {} })`,
  delivery: `import { createDelivery } from './src/deliver/delivery.ts'
    import { exampleAlert } from './src/deliver/test/example-alert.ts'
    import { createLog } from './src/log.ts'
    const url = process.env.WEBHOOK
    const delivery = createDelivery({ stateDir: '.', log: createLog('error', 2), agentVersion: '0', webhooks: [
      { name: 'bench', format: 'generic', urls: [url], minSeverity: 'info', resolved: true, timeoutMs: 5000, locale: 'en', grouping: 'none', routes: [] },
    ] })
    await delivery.start()
    delivery.accept(exampleAlert(Date.now()), { to: ['bench'] })
    await delivery.drain(3000)
    if (delivery.state().delivered !== 1) throw new Error('not delivered')
    globalThis.kept = delivery`,
  sampler: `import { createLiveFiles } from './src/input/sampler/host-files.ts'
    import { createSampler } from './src/input/sampler/sampler.ts'
    const sampler = createSampler({ files: createLiveFiles('/'), clock: () => performance.now() })
    for (let second = 0; second < 60; second++) sampler.sample(Date.now() + second * 1000)
    globalThis.kept = sampler`,
  recorder: `import { createRecorder } from './src/recording/recorder.ts'
    import { createLog } from './src/log.ts'
    const recorder = createRecorder({ dir: '.', maxBytes: 64 << 20, agentVersion: '0', bootId: null, log: createLog('error', 2) })
    for (let at = 0; at < 1000; at++) recorder.write({ kind: 'tick', at })
    await recorder.flush()
    globalThis.kept = recorder`,
  core: `import { createPipeline } from './src/pipeline.ts'
    const pipeline = createPipeline()
    pipeline.observe({ kind: 'start', at: 0 })
    globalThis.kept = pipeline`,
  'core after alerts': `import { warmCore } from './src/agent/warm-up.ts'
    import { unknownHost } from './src/host-facts-unknown.ts'
    if ((await warmCore(unknownHost)) === 0) throw new Error('no alert')`,
}

/** Heap that grows with what is remembered, of a core that has 500 workloads more. */
export async function measureUnits(): Promise<readonly UnitCost[]> {
  return JSON.parse(lastLine(await ran(units))) as readonly UnitCost[]
}

const units = `import { createPipeline } from './src/pipeline.ts'
  import { defaultCoreSettings } from './src/settings/core-settings.ts'
  import { unknownHost } from './src/host-facts-unknown.ts'
  import { killLines } from './bench/memory/kill-lines.ts'
  const many = 500
  const texts = (workload, life) => killLines(workload, life).trim().split('\\n').map(line => line.replace(/^.*?\\] /, ''))
  const pipeline = createPipeline()
  let at = 1_700_000_000_000
  for (const observation of [{ kind: 'start', at }, { kind: 'settings', at, settings: defaultCoreSettings }, { kind: 'host', at, host: { ...unknownHost, bootedAt: at } }])
    pipeline.observe(observation)
  const kill = (workload, life) => {
    let alerts = 0
    for (const text of texts(workload, life)) alerts += pipeline.observe({ kind: 'kernel', at: (at += 5), text, level: 4 }).length
    return alerts
  }
  const heap = async () => {
    for (let turn = 0; turn < 3; turn++) {
      gc({ type: 'major', execution: 'sync' })
      await new Promise(done => setTimeout(done, 20))
    }
    return process.memoryUsage().heapUsed
  }
  // The first ones compile; they are forgotten by none of the counts below.
  for (let workload = 0; workload < 50; workload++) for (const life of [0, 1]) kill(workload, life)
  const empty = await heap()
  for (let workload = 1000; workload < 1000 + many; workload++) kill(workload, 0)
  const killed = await heap()
  let alerts = 0
  for (let workload = 1000; workload < 1000 + many; workload++) alerts += kill(workload, 1)
  if (alerts < many) throw new Error('not every loop is an alert: ' + alerts)
  const open = await heap()
  for (let life = 2; life < 12; life++) for (let workload = 1000; workload < 1000 + many; workload++) kill(workload, life)
  const looping = await heap()
  for (let minute = 0; minute < 90; minute++) pipeline.observe({ kind: 'tick', at: (at += 60_000) })
  if (pipeline.verdicts().length > 0) throw new Error('still firing')
  const over = await heap()
  console.log(JSON.stringify([
    { unit: 'workload killed once', bytes: Math.round((killed - empty) / many) },
    { unit: 'open alert', bytes: Math.round((open - killed) / many) },
    { unit: 'open alert after ten more kills', bytes: Math.round((looping - killed) / many) },
    { unit: 'remembered workload whose loop is over', bytes: Math.round((over - empty) / many) },
  ]))
  globalThis.kept = pipeline`

async function measured(text: string, webhook = ''): Promise<number> {
  const runs: number[] = []
  for (let run = 0; run < 3; run++) runs.push(Number(lastLine(await ran(`${text}\n${ending}`, webhook))))
  return runs.sort((a, b) => a - b)[1]!
}

/** Garbage is no cost of a module: collected, and returned to the kernel. */
const ending = `import { readFileSync } from 'node:fs'
  import { tuneV8 } from './src/platform/v8-memory.ts'
  import { openLibc } from './src/platform/libc.ts'
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(done => setTimeout(done, 200))
    gc({ type: 'major', execution: 'sync' })
  }
  openLibc()?.trimHeaps()
  console.log(/^Anonymous: +(\\d+) kB/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1])
  process.exit(0)`

async function ran(contents: string, webhook = ''): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-module-'))
  try {
    const { entryPoints: _, outdir: __, outExtension: ___, chunkNames: ____, ...options } = bundle
    const outfile = join(dir, 'module.mjs')
    await build({ ...options, splitting: false, stdin: { contents, resolveDir: root, loader: 'ts' }, outfile })
    return execFileSync(process.execPath, [...engineFlags, outfile], {
      cwd: dir,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, WEBHOOK: webhook },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)!
}
