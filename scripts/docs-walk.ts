/**
 * Walks the pages that a new user reads and runs every command in them, in their order: `node scripts/docs-walk.ts
 * [PAGE…]` (root; needs a kernel that OOM-kills). What this machine does not have has a stand-in, which is named: a
 * cluster, a chat, a log with an incident in it. Settings on a page are checked by `config check`. A command without a
 * rule, another exit code or another output than the page says is a failure.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type Block,
  blocksOf,
  commandsOf,
  filesNamedIn,
  isSettings,
  pages,
  type Rule,
  ruleFor,
} from './docs-walk-rules.ts'

const repository = resolve(import.meta.dirname, '..')

/** A folder like a checkout, so that what the pages write lands in no real one. */
function makeCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-walk-'))
  mkdirSync(join(repository, 'dist'), { recursive: true })
  for (const name of [
    'package.json',
    'src',
    'scripts',
    'node_modules',
    'fixtures',
    'deploy',
    'dist',
    'schemas',
    'install.sh',
    'tsconfig.json',
  ])
    symlinkSync(join(repository, name), join(folder, name))
  return folder
}

const failures: string[] = []
const services: ChildProcess[] = []
const folder = makeCheckout()
/** What the receivers of the pages got. */
let received = ''
const chat = createServer((request, response) => {
  request.on('data', chunk => (received += chunk))
  request.on('end', () => response.end(request.url?.includes('slack') ? 'ok' : ''))
})
await new Promise<void>(done => chat.listen(0, '127.0.0.1', done))
const { port } = chat.address() as AddressInfo
const environment = {
  ...process.env,
  // Other agents on this machine are not to be waited for, and its state is not to be touched.
  OOMLOOP_SINGLE_INSTANCE: 'false',
  OOMLOOP_PROTECT: 'false',
}

function local(text: string): string {
  return text
    .replace(/^oomloop /, 'npm run -s oomloop -- ')
    .replaceAll('https://hooks.slack.com/services/T000/B000/XXXX', `http://127.0.0.1:${port}/slack`)
    .replaceAll('http://localhost:9093', `http://127.0.0.1:${port}`)
}

async function walk(block: Block): Promise<void> {
  if (block.kind === 'yaml') {
    const [, name] = /^# (\w+\.yaml)$/m.exec(block.text) ?? []
    if (name) writeFileSync(join(folder, name), local(block.text))
    if (isSettings(block)) await checkSettings(block)
    return
  }
  if (block.kind !== 'sh') return
  const isScript = block.text.includes('/sys/fs/cgroup')
  if (isScript && !existsSync(/^c=(\S+)\//m.exec(block.text)![1]!.concat('/cgroup.procs')))
    return say(block, block.text.split('\n')[0]!, 'skipped: the other version of cgroups')
  for (const command of commandsOf(block)) await run(block, command)
}

/** Settings on a page are valid, with a file in place of each secret that they name. */
async function checkSettings(block: Block): Promise<void> {
  const own = mkdtempSync(join(folder, 'settings-'))
  const name = (path: string) => path.replace(/^\/etc\/oomloop\//, '')
  for (const [path, text] of filesNamedIn(block)) writeFileSync(join(own, name(path)), `${text}\n`)
  writeFileSync(join(own, 'page.yaml'), block.text.replaceAll('/etc/oomloop/', `${own}/`))
  const rule = { command: /config check/, prints: /settings are valid/ }
  const command = `npm run -s oomloop -- config check --config ${join(own, 'page.yaml')}`
  judge(block, `settings ${block.text.split('\n')[0]}`, { rule, ...(await finished(command)) })
}

async function run(block: Block, command: string): Promise<void> {
  const rule = ruleFor(command)
  if (!rule) return fail(block, command, 'no rule says how to walk it')
  if (rule.instead === null) return say(block, command, `not run: ${rule.standIn}`)
  const made = local(rule.instead ? rule.instead(command) : command)
  if (rule.isService || command.startsWith('node -e')) return serve(block, command, made, rule)
  judge(block, command, { rule, ...(await finished(made)) })
}

/** Runs a command to its end. Not in the way of the receiver, which is in this process. */
function finished(command: string): Promise<{ readonly status: number; readonly output: string }> {
  const child = spawn('sh', ['-c', command], { cwd: folder, env: environment, timeout: 120_000 })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  return new Promise(done => child.once('close', status => done({ status: status ?? -2, output })))
}

/** Starts what goes on; the next one of its kind ends the one before. */
async function serve(block: Block, command: string, made: string, rule: Rule): Promise<void> {
  if (command.startsWith('npm')) await stopServices()
  const stateDir =
    made.includes('--state-dir') || made.includes('--config') ? {} : { OOMLOOP_STATE_DIR: join(folder, 'first') }
  const service = spawn('sh', ['-c', `exec ${made}`], {
    cwd: folder,
    env: { ...environment, ...stateDir },
    detached: true,
  })
  let output = ''
  for (const stream of [service.stdout, service.stderr]) stream.on('data', chunk => (output += chunk))
  services.push(service)
  for (let tenths = 0; tenths < 300 && rule.prints && !rule.prints.test(output) && service.exitCode === null; tenths++)
    await wait(100)
  judge(block, command, { rule, status: 0, output })
}

async function stopServices(): Promise<void> {
  for (const service of services.splice(0)) {
    // The group of what was started here: npm, its shell and the agent.
    if (service.pid !== undefined && service.exitCode === null) process.kill(-service.pid, 'SIGTERM')
  }
  await wait(2500)
}

function judge(
  block: Block,
  command: string,
  { rule, status, output }: { rule: Rule; status: number; output: string },
): void {
  const wanted = rule.exit ?? 0
  const isExitFine = wanted === -1 ? [0, 1].includes(status) : status === wanted
  if (!isExitFine) {
    fail(block, command, `exit ${status}, not ${wanted}: ${output.slice(-600)}`)
    return
  }
  if (rule.prints && !rule.prints.test(output)) {
    fail(block, command, `does not print ${rule.prints}: ${output.slice(-600)}`)
    return
  }
  say(block, command, rule.standIn ? `ok (${rule.standIn})` : 'ok')
}

function fail(block: Block, command: string, why: string): void {
  failures.push(`${block.page}: ${command}`)
  say(block, command, `FAILED: ${why}`)
}

function say({ page }: Block, command: string, what: string): void {
  console.log(`${page}  $ ${command.trim().split('\n').slice(0, 2).join(' ; ').slice(0, 110)}\n    ${what}`)
}

try {
  for (const page of process.argv.length > 2 ? process.argv.slice(2) : pages) {
    for (const block of blocksOf(page)) await walk(block)
    // The page says that the receiver shows the first alert.
    if (page.endsWith('getting-started.md')) {
      for (let tenths = 0; tenths < 300 && !received.includes('oomloop-first'); tenths++) await wait(100)
      const shown = received.includes('oomloop-first')
      console.log(`${page}  the first alert ${shown ? 'arrived' : 'did not arrive'}`)
      if (!shown) failures.push(`${page}: the first alert did not arrive`)
    }
    await stopServices()
  }
} finally {
  chat.close()
  rmSync(folder, { recursive: true, force: true })
}
console.log(failures.length === 0 ? 'every command did what its page says' : `failed:\n  ${failures.join('\n  ')}`)
process.exitCode = failures.length === 0 ? 0 : 1
