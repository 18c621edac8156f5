import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { expectValidLines } from './schema.ts'

export const checkout = resolve(import.meta.dirname, '../..')

const fromCheckout = [process.execPath, resolve(checkout, 'src/main.ts')]

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface OomloopOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
  /** Whom it runs as; needs root. */
  readonly uid?: number
  /** A command in front of it, as `['prlimit', '--nofile=40', '--']`. */
  readonly within?: readonly string[]
  /** The program in place of the checkout's, as an executable of a release. */
  readonly program?: readonly string[]
}

/** Runs the command line from the checkout, as a user would, and waits for its end. */
export function oomloop(args: readonly string[], options: OomloopOptions = {}): Promise<Finished> {
  const child = startOomloop(args, options)
  child.process.stdin?.end(options.input ?? '')
  return child.finished.then(finished => {
    // Whatever a test replays for: what comes out is as published.
    if (args[0] === 'replay' && args.includes('--alerts')) expectValidLines('alert', finished.stdout)
    if (args[0] === 'replay' && args.includes('--kills')) expectValidLines('oom-kill', finished.stdout)
    return finished
  })
}

/** Starts the command line and returns the process; the caller stops it. */
export function startOomloop(args: readonly string[], options: OomloopOptions = {}) {
  const [command, ...rest] = [...(options.within ?? []), ...(options.program ?? fromCheckout), ...args]
  const child = spawn(command!, rest, {
    cwd: options.cwd ?? checkout,
    // Settings in the environment of the tests must not reach the program under test.
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      OOMLOOP_SINGLE_INSTANCE: 'false',
      OOMLOOP_PROTECT: 'false',
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid !== undefined && { uid: options.uid }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  const finished = new Promise<Finished>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }))
  })
  return { process: child, finished, stdout: () => stdout, stderr: () => stderr }
}
