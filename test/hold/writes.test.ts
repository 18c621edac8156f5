import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { isHoldable } from '../../src/hold/allow-list.ts'
import { holdSocket } from '../../src/hold-service/run-hold.ts'
import { writeHostTree } from '../support/host-tree.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'
import { containerPath, imitateHost } from './tree.ts'

const whyNot = hasProgram('strace') ? undefined : 'needs strace'
const scratch = mkdtempSync(join(tmpdir(), 'oomloop-writes-'))
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

/** Every path that a program opens for writing, creates, removes or renames, by the kernel's own account. */
async function writesOf(args: readonly string[], during: (program: ChildProcess) => Promise<void>): Promise<string[]> {
  const trace = join(mkdtempSync(join(tmpdir(), 'oomloop-trace-')), 'trace')
  const calls =
    'open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,link,linkat,truncate,chmod,fchmodat,mknod,mknodat,bind'
  const program = spawn(
    'strace',
    ['-f', '-qq', '-s', '4096', '-e', `trace=${calls}`, '-o', trace, process.execPath, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  )
  const ended = new Promise(resolve => program.once('exit', resolve))
  await during(program)
  process.kill(-program.pid!, 'SIGTERM')
  await ended
  const lines = readFileSync(trace, 'utf8').split('\n')
  rmSync(join(trace, '..'), { recursive: true })
  return lines.filter(isWrite).flatMap(line => [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path]) => path!))
}

function isWrite(line: string): boolean {
  if (/ = -1 E/.test(line)) return false
  return /\bopen(?:at2?)?\(/.test(line)
    ? /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND/.test(line)
    : /^\d+ +\w+\(/.test(line)
}

describe.skipIf(whyNot)(`what is written, by strace${whyNot ? `: ${whyNot}` : ''}`, () => {
  it('the hold process writes memory.high of containers, its file of originals and its socket, and nothing else', async () => {
    const host = imitateHost()
    for (const n of [1, 2, 3]) host.add(containerPath(n))
    for (const other of ['/system.slice/ssh.service', '/kubepods.slice', '/user.slice/user-0.slice']) host.add(other)
    const hostile = [
      ...[1, 2, 3].map(n => `hold 512 ${containerPath(n)}`),
      'hold 512 /system.slice/ssh.service',
      'hold 512 /kubepods.slice',
      `hold 512 ${containerPath(1)}/../../../../system.slice/ssh.service`,
      'hold 512 /kubepods.slice/../user.slice/user-0.slice',
      'hold 512 ../../etc/passwd',
      'renew',
      'release asked /system.slice/ssh.service',
      `release asked ${containerPath(2)}`,
      'release all',
      `hold 512 ${containerPath(3)}`,
    ]
    const writes = await writesOf(
      ['--no-warnings', join(import.meta.dirname, 'hold-process.ts'), host.root, host.stateDir],
      async program => {
        await new Promise(resolve => program.stdout!.once('data', resolve))
        await talk(join(host.root, holdSocket), hostile)
      },
    )
    const below = join(host.root, 'sys/fs/cgroup')
    const inTree = writes.filter(path => path.startsWith(join(host.root, 'sys')))
    expect(inTree.length).toBeGreaterThanOrEqual(7)
    expect(inTree.filter(path => !path.endsWith('/memory.high'))).toEqual([])
    expect(inTree.filter(path => !isHoldable(path.slice(below.length, -'/memory.high'.length)))).toEqual([])
    const own = [host.stateDir, join(host.root, 'run')]
    const elsewhere = writes.filter(path => !inTree.includes(path) && !own.some(folder => path.startsWith(folder)))
    expect(elsewhere.filter(path => !/^\/(?:dev\/null|proc\/self\/)|^$/.test(path))).toEqual([])
    expect(host.read('/system.slice/ssh.service')).toBe('max')
    host.remove()
  }, 60_000)

  it('with hold: off the agent opens nothing below /sys for writing', async () => {
    const root = writeHostTree({
      processes: [],
      files: { '/proc/meminfo': 'MemTotal: 16000000 kB\nMemAvailable: 400000 kB\n', '/proc/vmstat': 'oom_kill 0\n' },
    })
    const log = join(scratch, 'kern.log')
    const args = ['src/main.ts', 'run', '--root', root, '--state-dir', join(scratch, 'state'), '--source', 'file']
    const writes = await writesOf(
      ['--no-warnings', join(checkout, args[0]!), ...args.slice(1), '--log-file', log, '--no-protect'],
      async program => {
        let text = ''
        program.stderr!.on('data', part => (text += part))
        for (let waited = 0; waited < 200 && !text.includes('"watching"'); waited++) await sleep(100)
        await sleep(2500)
      },
    )
    expect(writes.length).toBeGreaterThan(0)
    expect(writes.filter(path => /(?:^|\/)sys\//.test(path.replace(root, '')))).toEqual([])
    rmSync(root, { recursive: true })
  }, 60_000)
})

function talk(socket: string, lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let answers = 0
    const client = connect(socket, () => client.write(`${lines.join('\n')}\n`))
    client.on('error', reject)
    client.on('data', part => {
      answers += part.toString().split('\n').length - 1
      if (answers < lines.length) return
      client.destroy()
      resolve()
    })
  })
}
