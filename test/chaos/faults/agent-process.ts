import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { killLines, replaceFile, smallestHost } from '../../support/kill-lines.ts'

const program = resolve(import.meta.dirname, '../../../src/main.ts')
const clockModule = resolve(import.meta.dirname, '../../support/settable-clock.mjs')

/** The real agent on a made-up host, as often as a round starts it. */
export interface AgentProcess {
  readonly root: string
  readonly stateDir: string
  readonly logFile: string
  readonly port: number
  readonly pid: () => number
  /** Starts it, and resolves when it watches. */
  readonly start: () => Promise<void>
  readonly signal: (name: NodeJS.Signals) => void
  /** SIGKILL, and waits for its end. */
  readonly kill: () => Promise<void>
  /** Adds to its wall clock, ms. */
  readonly setClock: (ms: number) => void
  readonly writeKill: (victim: { readonly pid: number; readonly cgroup: string }) => void
  readonly stderr: () => string
  readonly remove: () => void
}

export function createAgentProcess(options: {
  readonly root: string
  readonly stateDir: string
  readonly webhooks: readonly string[]
  readonly port: number
  /** A command in front of it. */
  readonly within?: readonly string[]
}): AgentProcess {
  const { root, stateDir, port } = options
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, text] of Object.entries(smallestHost)) put(path, text)
  const logFile = join(root, 'var/log/kern.log')
  put('var/log/kern.log', '')
  const clockFile = join(root, 'clock')
  // Time since boot goes on, whatever the wall clock is set to.
  const begunAt = performance.now()
  const uptime = setInterval(
    () => replaceFile(join(root, 'proc/uptime'), `${(1000 + (performance.now() - begunAt) / 1000).toFixed(2)} 1.00\n`),
    10,
  )
  let child: ChildProcess | undefined
  let said = ''

  const start = async (): Promise<void> => {
    const [command, ...args] = [
      ...(options.within ?? []),
      process.execPath,
      program,
      ...['run', '--root', root, '--source', 'file', '--log-file', '/var/log/kern.log', '--state-dir', stateDir],
      ...['--listen', `127.0.0.1:${port}`, '--recovery', '1s', '--quiet', '4s'],
      ...options.webhooks.flatMap(url => ['--webhook', url]),
    ]
    let ready = false
    const own = spawn(command!, args, {
      env: {
        PATH: process.env.PATH,
        OOMLOOP_SINGLE_INSTANCE: 'false',
        OOMLOOP_PROTECT: 'false',
        NODE_OPTIONS: `--import=${clockModule}`,
        OOMLOOP_TEST_CLOCK: clockFile,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = own
    own.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-20_000)
      ready ||= text.includes('"watching"')
    })
    for (let waited = 0; !ready; waited += 20) {
      if (own.exitCode !== null || waited > 60_000) throw new Error(`the agent does not watch: ${said.slice(-500)}`)
      await pause(20)
    }
  }

  return {
    root,
    stateDir,
    logFile,
    port,
    pid: () => child!.pid!,
    start,
    signal: name => void child!.kill(name),
    kill: async () => {
      const own = child
      if (!own || own.exitCode !== null || own.signalCode !== null) return
      const closed = new Promise(done => own.once('close', done))
      own.kill('SIGKILL')
      await closed
    },
    setClock: ms => {
      writeFileSync(clockFile, String(ms))
      child!.kill('SIGUSR2')
    },
    writeKill: victim => appendFileSync(logFile, killLines({ ...victim, at: Date.now() })),
    stderr: () => said,
    remove: () => {
      clearInterval(uptime)
      rmSync(root, { recursive: true, force: true })
    },
  }
}
