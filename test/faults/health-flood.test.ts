import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { engineFlags } from '../../packaging/engine-flags.ts'
import { until } from '../deliver/receiver.ts'
import { tempDir } from '../deliver/samples.ts'
import { type LogFileAgent, startLogFileAgent } from '../support/log-file-agent.ts'

/** What strangers send, each on a connection of its own that they keep. */
const badRequests: Readonly<Record<string, string>> = {
  'half a header of 15 KB': `GET /metrics HTTP/1.1\r\nHost: a\r\nX-Half: ${'x'.repeat(15_000)}`,
  'nothing at all': '',
  'a header byte by byte': 'G',
  'a body without an end': `GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n${'b'.repeat(10_000)}`,
  'a hundred requests and no reading': 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100),
  'no HTTP': '\x16\x03\x01'.repeat(500),
}

it('10 000 connections of every bad kind cost at most 8 MiB, delay no alert, and a probe is answered', async () => {
  const agent = await startLogFileAgent({
    stateDir: tempDir(),
    args: ['--listen', '127.0.0.1:0'],
    // As the executable carries them; these are the ones that the environment may set.
    env: { NODE_OPTIONS: engineFlags.filter(flag => flag.startsWith('--max-')).join(' ') },
  })
  await until(() => listeningPort(agent.pid) !== undefined, 5000, 'it listens')
  const port = listeningPort(agent.pid)!
  const url = `http://127.0.0.1:${port}`
  await fetch(`${url}/metrics`).then(answer => answer.text())
  // The first requests compile and allocate once what all later ones use.
  for (let index = 0; index < 50; index++) {
    await fetch(`${url}/metrics`).then(answer => answer.text())
    await pause(50) // more at once would be refused
  }
  // The same of the first alert: time zones, which a log line without an offset needs, are 7 MiB of ICU's tables.
  await alertOfLoop(agent, 'w', 5998)
  await pause(1000)
  const before = rssKiB(agent.pid)

  const open = new Set<Socket>()
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
  })
  let made = 0
  let most = before
  const kinds = Object.values(badRequests)
  const flood = (async () => {
    for (; made < 10_000; made++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.${made % 3}.${1 + (made % 200)}` })
      socket.on('error', () => {}) // refused or closed: as wanted
      socket.on('close', () => open.delete(socket))
      socket.pause() // nothing is read of the answers
      open.add(socket)
      socket.write(kinds[made % kinds.length]!)
      if (made % 50 === 49) {
        most = Math.max(most, rssKiB(agent.pid))
        await pause(15)
      }
    }
  })()

  const delays: number[] = []
  const probes: number[] = []
  for (const [index, name] of ['a', 'b'].entries()) {
    delays.push(await alertOfLoop(agent, name, 6000 + 2 * index))
    const probe = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2000) }).then(
      answer => answer.status,
      () => 0,
    )
    probes.push(probe)
  }
  await flood
  await pause(500)
  most = Math.max(most, rssKiB(agent.pid))
  expect(Math.max(...delays)).toBeLessThan(1500)
  expect(probes).toContain(200)
  expect((most - before) / 1024).toBeLessThanOrEqual(8)
  // A connection that the flood left half open may still be reset: kubelet probes again, too.
  await expect
    .poll(
      () =>
        fetch(`${url}/healthz`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(200)
}, 90_000)

/** Two kills in one container; returns how long after the second one its alert arrived, ms. */
async function alertOfLoop(agent: LogFileAgent, name: string, pid: number): Promise<number> {
  const cgroup = `/docker/${name.repeat(64)}`
  agent.kill({ pid, cgroup })
  await pause(500)
  agent.kill({ pid: pid + 1, cgroup })
  const begunAt = Date.now()
  await until(() => agent.receiver.received.some(({ body }) => body.includes(name.repeat(12))), 10_000, `alert ${name}`)
  return Date.now() - begunAt
}

function rssKiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}

/** The port on which a process listens at loopback, by /proc/net/tcp. */
function listeningPort(pid: number): number | undefined {
  const inodes = new Set(socketInodes(pid))
  for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    if (fields[3] === '0A' && inodes.has(fields[9]!)) return Number.parseInt(fields[1]!.split(':')[1]!, 16)
  }
  return undefined
}

function socketInodes(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
    try {
      return /^socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return [] // closed meanwhile
    }
  })
}
