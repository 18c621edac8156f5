import { createSocket } from 'node:dgram'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { startReceiver, until } from '../deliver/receiver.ts'
import { tempDir } from '../deliver/samples.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'

const isRoot = process.getuid?.() === 0
const address = '127.9.9.54'

/** A name server that is asked and never answers; returns how often it was asked. */
async function startSilentNameServer(): Promise<() => number> {
  const socket = createSocket('udp4')
  let questions = 0
  socket.on('message', () => questions++)
  await new Promise<void>(resolve => socket.bind(53, address, resolve))
  onTestFinished(() => void socket.close())
  return () => questions
}

it.skipIf(!isRoot)(
  'ten webhooks whose names never resolve delay no alert to a receiver that answers (skipped without root: needs port 53)',
  async () => {
    const questions = await startSilentNameServer()
    const resolvConf = join(mkdtempSync(join(tmpdir(), 'oomloop-dns-')), 'resolv.conf')
    writeFileSync(resolvConf, `nameserver ${address}\noptions timeout:30 attempts:3\n`)
    const receiver = await startReceiver()
    onTestFinished(receiver.close)
    const hanging = Array.from({ length: 10 }, (_, index) => `http://receiver-${index}.hanging.example/`)
    const agent = await startLogFileAgent({
      stateDir: tempDir(),
      receiver,
      // By name: it has to be resolved, too, though no name server is needed for it.
      webhooks: [...hanging, `http://localhost:${receiver.port}/`],
      // A mount namespace of its own: this host's resolv.conf stays as it is.
      within: ['unshare', '--mount', 'sh', '-c', `mount --bind ${resolvConf} /etc/resolv.conf && exec "$@"`, 'sh'],
    })
    await pause(1000)
    const delays: number[] = []
    for (const [index, name] of ['a', 'b'].entries()) {
      const cgroup = `/docker/${name.repeat(64)}`
      agent.kill({ pid: 6000 + 2 * index, cgroup })
      await pause(500)
      agent.kill({ pid: 6001 + 2 * index, cgroup })
      const begunAt = Date.now()
      await until(() => receiver.received.some(({ body }) => body.includes(name.repeat(12))), 10_000, `alert ${name}`)
      delays.push(Date.now() - begunAt)
    }
    expect(Math.max(...delays)).toBeLessThan(1000)
    expect(questions()).toBeGreaterThan(9)
  },
  60_000,
)
