import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { openLibc } from '../../src/platform/libc.ts'
import { tempDir } from '../deliver/samples.ts'

/** Why there can be none here; undefined where there can. */
export const whyNoServiceManager = !openLibc()
  ? 'needs node:ffi'
  : spawnSync('python3', ['--version']).error
    ? 'needs python3, which has datagram sockets'
    : undefined

/** The other end, as systemd has it: a datagram socket with a reader. */
export async function serviceManager(kind: 'path' | 'abstract') {
  const address = kind === 'abstract' ? `@oomloop-test-${process.pid}-${Math.random()}` : join(tempDir(), 'notify')
  const child = spawn('python3', ['-uc', program, address], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (some: string) => (text += some))
  while (!text.startsWith('bound\n')) await pause(10)
  return {
    address,
    datagrams: (): string[] =>
      text
        .split('\n')
        .slice(1, -1)
        .map(line => JSON.parse(line)),
  }
}

const program = `
import json, socket, sys
name = sys.argv[1]
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind('\\0' + name[1:] if name[0] == '@' else name)
print('bound')
while True:
    print(json.dumps(server.recv(4096).decode()))
`
