import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Receiver, startReceiver, until } from '../deliver/receiver.ts'
import { killLines, smallestHost } from './kill-lines.ts'
import { startOomloop } from './oomloop.ts'

export interface LogFileAgent {
  readonly root: string
  readonly logFile: string
  readonly receiver: Receiver
  readonly pid: number
  readonly stderr: () => string
  /** Writes the lines of one OOM kill at the limit of a cgroup to the log that the agent follows. */
  readonly kill: (victim: { readonly pid: number; readonly cgroup: string }) => void
  /** Writes a file below the agent's root. */
  readonly put: (path: string, text: string) => void
  readonly stop: () => Promise<void>
}

/**
 * Starts the real agent on a made-up host: it follows a log file and reads a tree of its own, so that faults can be put in
 * its way without privileges and without touching this host. It is ended with the test.
 */
export async function startLogFileAgent(options: {
  readonly stateDir: string
  readonly args?: readonly string[]
  readonly within?: readonly string[]
  readonly program?: readonly string[]
  /** How long it may take to start; default: 20 s. */
  readonly startMs?: number
  /** Where the log stands below the agent's root. */
  readonly log?: string
  readonly uid?: number
  readonly env?: Readonly<Record<string, string>>
  readonly receiver?: Receiver
  readonly webhooks?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
}): Promise<LogFileAgent> {
  const root = mkdtempSync(join(tmpdir(), 'oomloop-faults-'))
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, text] of Object.entries({ ...smallestHost, ...options.files })) put(path, text)
  const log = options.log ?? '/var/log/kern.log'
  const logFile = join(root, log)
  put(log, '')
  if (options.uid !== undefined) for (const dir of [root, options.stateDir]) chmodSync(dir, 0o777)
  const receiver = options.receiver ?? (await startReceiver())
  const webhooks = options.webhooks ?? [receiver.url]
  const agent = startOomloop(
    [
      'run',
      ...['--root', root, '--source', 'file', '--log-file', log, '--state-dir', options.stateDir],
      ...webhooks.flatMap(url => ['--webhook', url]),
      ...(options.args ?? []),
    ],
    {
      ...(options.within && { within: options.within }),
      ...(options.program && { program: options.program }),
      ...(options.env && { env: options.env }),
      ...(options.uid !== undefined && { uid: options.uid }),
    },
  )
  const stop = async (): Promise<void> => {
    agent.process.kill('SIGKILL')
    await agent.finished
  }
  onTestFinished(async () => {
    await stop()
    if (!options.receiver) await receiver.close()
    rmSync(root, { recursive: true, force: true })
  })
  await until(
    () => agent.stderr().includes('"watching"') || agent.process.exitCode !== null,
    options.startMs ?? 20_000,
    `the agent watches; it says ${agent.stderr()}`,
  )
  return {
    root,
    logFile,
    receiver,
    pid: agent.process.pid!,
    stderr: agent.stderr,
    kill: victim => appendFileSync(logFile, killLines(victim)),
    put,
    stop,
  }
}
